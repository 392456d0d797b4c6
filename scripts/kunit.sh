#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs KUnit suites under UML. The last line is "N passed, N failed".
#
#   kunit.sh [--kernel TARGET] [--split N] [uml.sh options] [SUITE_MODULE...]
#
# --split: in N guests side by side. Where time does not travel most suites sleep
# most of the time; where it does a guest has one CPU.
# Without names: every *_kunit module. TARGET: um-6.12-debug (default: KASAN,
# UBSAN, lockdep, kmemleak), um-6.12 (both with time travel), um-7.2 (SMP).
# One case only: kunit.sh --append kunit.filter_glob=SUITE.CASE MODULE

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kernel=um-6.12-debug options=() split=1 build=1 log=
while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2; shift ;;
	--split) split=$2; shift ;;
	--log) log=$2; shift ;;
	--no-build) build='' ;;
	--real-time) options+=("$1") ;;
	-*) options+=("$1" "$2"); shift ;;
	*) break ;;
	esac
	shift
done
log=${log:-uml-kunit-$kernel}
src=$("$FERRY_TOP/scripts/kernel.sh" src-6.12)
share=$(scratch_dir kunit)
at_exit "rm -rf '$share'"
[ -z "$build" ] || "$FERRY_TOP/scripts/build.sh" "$kernel" >/dev/null
if [ $# -eq 0 ]; then
	mapfile -t suites < <(find "$FERRY_BUILD/$kernel/src" -name '*_kunit.ko' -printf '%f\n' | sed 's/\.ko$//' | sort)
	set -- "${suites[@]}"
fi

guests=()
guests_kill() {
	local pid
	for pid in "${guests[@]}"; do
		kill -TERM "$pid" 2>/dev/null
		wait "$pid"
	done
}
at_exit guests_kill

# guest NUMBER SUITE...: results and names of what was started go to a directory of its own.
guest() {
	local dir=$share/$1 name=$log
	[ "$split" -eq 1 ] || name=$log-$1
	shift
	mkdir -p "$dir"
	"$FERRY_TOP/scripts/uml.sh" --kernel "$kernel" --no-build --share "$dir" --log "$name" "${options[@]}" kunit "$@" >&2 &
	guests+=($!)
}

for ((i = 0; i < split; i++)); do
	mine=()
	for ((j = i + 1; j <= $#; j += split)); do
		mine+=("${!j}")
	done
	[ ${#mine[@]} -eq 0 ] || guest "$i" "${mine[@]}"
done
rc=0
for pid in "${guests[@]}"; do
	wait "$pid" || rc=$?
done
guests=()
mkdir -p "$share/results"
cat "$share"/[0-9]*/results/.started >"$share/results/.started" 2>/dev/null || true
for d in "$share"/[0-9]*/results/*/; do
	[ ! -d "$d" ] || mv "$d" "$share/results/"
done
counts=$(python3 "$FERRY_TOP/scripts/kunit-results.py" "$src" "$share/results") || rc=1
if [ "$rc" -ne 0 ] && grep -q ', 0 failed$' <<<"$(tail -n 1 <<<"$counts")"; then
	# Every case passed, but the guest did not: that is a failure of its own.
	counts=$(sed '$s/, 0 failed$/, 1 failed/' <<<"$counts")
fi
printf '%s\n' "$counts"
exit "$rc"
