#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs KUnit suites under UML. The last line is "N passed, N failed".
#
#   kunit.sh [--kernel TARGET] [uml.sh options] [SUITE_MODULE...]
#
# Without names: every *_kunit module. TARGET: um-6.12-debug (default: KASAN,
# UBSAN, lockdep, kmemleak), um-6.12 (both with time travel), um-7.2 (SMP).
# One case only: kunit.sh --append kunit.filter_glob=SUITE.CASE MODULE

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kernel=um-6.12-debug options=()
while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2; shift ;;
	--real-time|--no-build) options+=("$1") ;;
	-*) options+=("$1" "$2"); shift ;;
	*) break ;;
	esac
	shift
done
src=$("$FERRY_TOP/scripts/kernel.sh" src-6.12)
share=$(scratch_dir kunit)
at_exit "rm -rf '$share'"

run_child "$FERRY_TOP/scripts/uml.sh" --kernel "$kernel" --share "$share" "${options[@]}" kunit "$@" >&2
rc=$CHILD_RC
counts=$(python3 "$FERRY_TOP/scripts/kunit-results.py" "$src" "$share/results") || rc=1
if [ "$rc" -ne 0 ] && grep -q ', 0 failed$' <<<"$(tail -n 1 <<<"$counts")"; then
	# Every case passed, but the guest did not: that is a failure of its own.
	counts=$(sed '$s/, 0 failed$/, 1 failed/' <<<"$counts")
fi
printf '%s\n' "$counts"
exit "$rc"
