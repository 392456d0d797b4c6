#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# "make bench": nanoseconds per message on a UML kernel without debugging,
# instructions per message on the board under -icount (those repeat exactly).
# Table and plot in bench/out.
#
#   bench.sh [um|board] [MODULE...]      default: both

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

where="um board"
case ${1:-} in
um|board) where=$1; shift ;;
esac
"$FERRY_TOP/scripts/host-packages.sh" check
out=$FERRY_TOP/bench/out
mkdir -p "$out"

# results LOG FILE: what the guest measured.
results() { tr -d '\r' <"$1" | sed -n 's/^FERRY-BENCH: //p' >"$2"; }

rc=0
for w in $where; do
	case $w in
	um) run_child "$FERRY_TOP/scripts/uml.sh" --kernel um-6.12 --real-time --log bench-um --timeout 600 bench "$@" ;;
	board) run_child "$FERRY_TOP/scripts/board.sh" --icount --log bench-board --timeout 600 bench "$@" ;;
	esac
	[ "$CHILD_RC" -eq 0 ] || rc=1
	results "$FERRY_LOG/bench-$w.log" "$out/$w.txt"
done
[ "$rc" -eq 0 ] || die "bench: a guest failed"
python3 "$FERRY_TOP/scripts/bench-report.py" "$out"
