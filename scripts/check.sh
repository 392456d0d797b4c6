#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# "make check". Parts run side by side: guests in one lane, builds and static
# checks in the other. Every part ends with a line "N passed, N failed"; the
# last line of all is their sum.
#
#   PARTS="kunit sparse"  only these (a name stands for NAME-* too)
#   SLOW=1                with the cases that take long
#   check.sh --list       the names

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
S=$FERRY_TOP/scripts

# The longest first in each lane.
GUEST="kunit-debug board ${SLOW:+board-parallel} demo kunit-smp kunit-plain"
STATIC="build-um-6.12 build-arm64-6.12 checkpatch sparse cocci headers kernel-doc docs bindings
	shellcheck layers spdx size codespell lists rpmsg-btf scan selftest selftest-run
	build-amd64-6.12 build-arm64-6.1 build-amd64-6.1 build-arm64-7.2 build-amd64-7.2 build-um-7.2 build-um-6.1"

slow_args() {
	if [ -n "${SLOW:-}" ]; then
		echo "guest.slow=1"
	else
		echo "kunit.filter=speed>very_slow kunit.filter_action=skip"
	fi
}

one() { # one COMMAND...: a part that is a single check
	if "$@"; then echo "1 passed, 0 failed"; else echo "0 passed, 1 failed"; fi
}

# board_part NAME [board.sh options]
board_part() {
	local rc=0 log=$FERRY_LOG/check-$1-guest.log passed failed
	run_child "$S/board.sh" --log "check-$1-guest" "${@:2}" --timeout "$((${SLOW:+1}0 * 60 + 600))" --append "$(slow_args)" board
	rc=$CHILD_RC
	passed=$(tr -d '\r' <"$log" | grep -c '^FERRY-RESULT: ok ' || true)
	failed=$(tr -d '\r' <"$log" | grep -c '^FERRY-RESULT: not ok ' || true)
	[ "$rc" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
	echo "$passed passed, $failed failed"
}

# kunit_part TARGET [kunit.sh options]
kunit_part() {
	run_child "$S/kunit.sh" --kernel "$1" "${@:2}" --log "check-kunit-$1" --timeout "$((${SLOW:+1}0 * 60 + 1200))" --append "$(slow_args)"
}

run_part() {
	case $1 in
	kunit-debug) kunit_part um-6.12-debug --split 2 ;;
	kunit-plain) kunit_part um-6.12 ;;
	kunit-smp) kunit_part um-7.2 --split 2 ;;
	board) board_part board ;;
	board-parallel) board_part board-parallel --parallel --smp 2 ;;
	demo) one "$S/demo.sh" --log check-demo-guest ;;
	build-*) one "$S/build.sh" "${1#build-}" ;;
	scan) one "$S/log-scan.sh" --self-test ;;
	selftest) "$S/check-selftest.sh" || true ;;
	selftest-run) "$S/check-selftest-run.sh" || true ;;
	*) one "$S/check-static.sh" "$1" ;;
	esac
}

# report PART SECONDS LINE LOG: said at once; the line is kept for the sum.
report() {
	printf '%-18s %4d s  %s\n' "$1" "$2" "$3"
	case $3 in
	*", 0 failed") ;;
	*) tail -n 25 "$4" | sed 's/^/    /'; echo "    full log: $4" ;;
	esac
	printf '%s\n' "$3" >"$SUM/$1"
}

# lane PART...: one after the other.
lane() {
	local part log start line
	for part in "$@"; do
		log=$FERRY_LOG/check-$part.log start=$SECONDS
		run_child "$0" --part "$part" >"$log" 2>&1
		line=$(tail -n 1 "$log")
		# A part that checked nothing, or that ended early, has failed.
		case $line in
		"0 passed, 0 failed") line="0 passed, 1 failed" ;;
		[0-9]*" passed, "[0-9]*" failed") ;;
		*) line="0 passed, 1 failed" ;;
		esac
		report "$part" $((SECONDS - start)) "$line" "$log" >"$SUM/.$part"
		cat "$SUM/.$part"
	done
}

selected() {
	local part want
	for part in "$@"; do
		for want in ${PARTS:-$part}; do
			case $part in
			"$want"|"$want"-*) echo "$part"; break ;;
			esac
		done
	done
}

# shellcheck disable=SC2086
case ${1:-} in
--list) printf '%s\n' $GUEST $STATIC; exit ;;
--part) run_part "$2"; exit ;;
--lane) SUM=$2; shift 2; lane "$@"; exit ;;
esac

start=$SECONDS
"$S/host-packages.sh" check
mkdir -p "$FERRY_LOG"
work=$(scratch_dir check)
at_exit "rm -rf '$work'"
# shellcheck disable=SC2086
mapfile -t guest < <(selected $GUEST)
# shellcheck disable=SC2086
mapfile -t static < <(selected $STATIC)
total=$((${#guest[@]} + ${#static[@]}))
[ "$total" -gt 0 ] || die "no part is called '$PARTS'; there are: $("$0" --list | tr '\n' ' ')"
say "running $total parts; logs in $FERRY_LOG"

# Sessions of their own, so that a signal to us reaches everything in them.
lanes=()
kill_lanes() {
	local p
	for p in "${lanes[@]}"; do kill -TERM -- "-$p" 2>/dev/null; done
	wait
}
at_exit kill_lanes
setsid "$0" --lane "$work" "${guest[@]}" &
lanes+=($!)
# Guests have clocks and spinning CPUs: they go first where both want one.
setsid nice -n 10 "$0" --lane "$work" "${static[@]}" &
lanes+=($!)
for p in "${lanes[@]}"; do
	wait "$p" || true
done
lanes=()

read -r finished passed failed < <(find "$work" -type f -not -name '.*' -exec cat {} + |
	awk '{ n++; p += $1; f += $3 } END { print n + 0, p + 0, f + 0 }')
failed=$((failed + total - finished))
say "$finished of $total parts in $((SECONDS - start)) s"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
