#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Can building and running fail? Modules with a flaw, guests that die, hang or
# complain, KUnit blocks that are incomplete. The last line is
# "N passed, N failed".

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/lib-guest.sh
. "$(dirname "$0")/lib-guest.sh"

work=$(scratch_dir selftest)
at_exit "rm -rf '$work'"
passed=0 failed=0

# judge WHAT EXIT WORDS: EXIT is not 0 and WORDS are in the output.
judge() {
	if [ "$2" -ne 0 ] && grep -qE -- "$3" "$work/out"; then
		passed=$((passed + 1))
		echo "ok: $1"
	else
		failed=$((failed + 1))
		echo "not ok: $1 (exit $2), expected: $3"
		tail -n 5 "$work/out"
	fi
}

# flawed WHAT WORDS OPTIONS: standard input is the body of a module.
flawed() {
	local rc=0
	{
		printf '#include <linux/module.h>\nMODULE_LICENSE("GPL");\nMODULE_DESCRIPTION("x");\n'
		cat
	} >"$work/tree/drivers/core/main.c"
	# shellcheck disable=SC2086
	FERRY_BUILD=$work/build FERRY_LOG=$work/log "$work/tree/scripts/build.sh" ${3:-} um-6.12 >"$work/out" 2>&1 || rc=$?
	if [ "$2" = good ]; then
		[ "$rc" -ne 0 ] || { passed=$((passed + 1)); echo "ok: $1"; return; }
		rc=0
	fi
	judge "$1" "$rc" "$2"
}

builds() {
	mkdir -p "$work/tree/drivers/core"
	cp -r "$FERRY_TOP/scripts" "$FERRY_TOP/kunit" "$FERRY_TOP/Kbuild" "$work/tree/"
	rm -rf "$work"/tree/kunit/[!c]* "$work/tree/kunit/core"
	printf 'obj-m := ferry.o\nferry-y := main.o\n' >"$work/tree/drivers/core/Kbuild"
	flawed "a good module is built" good <<<''
	flawed "a warning fails the build" 'unused variable' <<<'static int f(void) { int a; return 0; } module_init(f);'
	flawed "so it does when nothing is compiled again" 'unused variable' <<<'static int f(void) { int a; return 0; } module_init(f);'
	flawed "an unknown symbol fails the build" 'undefined' <<<'void nosuch(void); static int f(void) { nosuch(); return 0; } module_init(f);'
	flawed "sparse sees a wrong byte order" 'restricted|incorrect type' --sparse <<<'static int f(void) { __le32 a = 1; return a != 1; } module_init(f);'
}

# guest WHAT WORDS SECONDS: standard input is a shell script in the guest's place.
guest() {
	local rc=0
	cat >"$work/guest.sh"
	(
		guest_run "$work/guest.log" "$3" "$work/guest.sh" bash "$work/guest.sh"
		guest_verdict "$work/guest.log"
	) >"$work/out" 2>&1 || rc=$?
	if [ "$2" = good ]; then
		[ "$rc" -ne 0 ] || { passed=$((passed + 1)); echo "ok: $1"; return; }
		rc=0
	fi
	judge "$1" "$rc" "$2"
}

guests() {
	guest "a guest that says 0 is good" good 5 <<<'echo FERRY-VERDICT: 0'
	guest "a guest that says 1 failed" "verdict: failed" 5 <<<'echo FERRY-VERDICT: 1'
	guest "a guest without a verdict failed" "without a verdict" 5 <<<'echo bye'
	guest "a guest that hangs failed" "did not end in time" 1 <<<'sleep 60'
	guest "a warning of its kernel is a failure" "kernel reported" 5 <<<'echo "WARNING: CPU: 0"; echo FERRY-VERDICT: 0'
}

# block WHAT WORDS: standard input is the results block of one suite.
block() {
	local rc=0
	rm -rf "$work/results"
	mkdir -p "$work/results/x_kunit"
	echo x_kunit >"$work/results/.started"
	cat >"$work/results/x_kunit/x"
	[ -s "$work/results/x_kunit/x" ] || rm "$work/results/x_kunit/x"
	python3 "$FERRY_TOP/scripts/kunit-results.py" "$src" "$work/results" >"$work/out" 2>&1 || rc=$?
	case $2 in
	"2 passed, 0 failed") [ "$rc" -ne 0 ] || rc=100 ;;
	esac
	judge "$1" "$rc" "^$2\$"
}

ktap() {
	printf 'KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: x\n    1..%s\n' "$1"
	shift
	while [ $# -gt 1 ]; do
		printf '    %s\n' "$1"
		shift
	done
	printf '%s\n' "$1"
}

blocks() {
	src=$("$FERRY_TOP/scripts/kernel.sh" src-6.12)
	block "a good block counts" "2 passed, 0 failed" < <(ktap 2 'ok 1 a' 'ok 2 b' 'ok 1 x')
	block "a failed case counts" "1 passed, 1 failed" < <(ktap 2 'ok 1 a' 'not ok 2 b' 'not ok 1 x')
	block "a plan of nothing is a failure" "[0-9]+ passed, [1-9][0-9]* failed" < <(ktap 0 'ok 1 x')
	block "a block cut short is a failure" "[0-9]+ passed, [1-9][0-9]* failed" < <(ktap 2 'ok 1 a')
	block "no block is a failure" "0 passed, 1 failed" </dev/null
	block "rubbish is a failure" "0 passed, 1 failed" < <(echo rubbish)
}

builds
guests
blocks
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
