# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# For guest scripts (busybox sh).

# say TEXT: the host shows lines with this prefix while the guest runs.
say() { echo "FERRY> $*"; }

# cmdline NAME: the value of NAME=VALUE on the kernel command line.
cmdline() { tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p" | tail -n 1; }

# verdict N: the end of the guest. The console is quiet by then, or a message of
# the kernel could land in the middle of the line.
verdict() {
	dmesg -n 1
	sync
	echo
	# On a quiet console the kernel's warnings have not been seen yet.
	grep -qw quiet /proc/cmdline && dmesg -r | sed -n 's/^<[0-4]>//p'
	[ ! -f /tmp/bench ] || sed 's/^/FERRY-BENCH: /' /tmp/bench
	[ ! -f /tmp/results ] || sed 's/^/FERRY-RESULT: /' /tmp/results
	echo "FERRY-VERDICT: $1"
	poweroff -f
	sleep 10
}

# One result each; the host counts them at the end, when nothing can break the
# line. A script in board.d or demo.d is a result by its exit status, too.
pass() { echo "ok $*" >>/tmp/results; say "ok $*"; }
fail() { echo "not ok $*" >>/tmp/results; say "not ok $*"; }

# result NAME COMMAND...: a result of its own, and rc=1 if it fails; $about stands before NAME
result() {
	local name="${about:+$about: }$1"
	shift
	if "$@"; then
		pass "$name"
	else
		fail "$name"
		rc=1
	fi
}

# rpmsg_in_interrupt: its drivers are called as the kernel's own SMD does; made from now on.
rpmsg_in_interrupt() {
	[ ! -e /sys/module/ferry_rpmsg ] || echo Y >/sys/module/ferry_rpmsg/parameters/in_interrupt
}

# run_all DIR [NAME...]: the scripts of DIR (or DIR/NAME.sh), each in a shell of
# its own that has these functions.
run_all() {
	local dir=$1 rc=0 f name
	shift
	if [ $# -gt 0 ]; then
		for name in "$@"; do
			echo "$dir/$name.sh"
		done
	else
		ls "$dir"/*.sh 2>/dev/null
	fi >/tmp/run_all
	[ -s /tmp/run_all ] || { say "nothing to run in $dir"; return 1; }
	while read -r f; do
		name=$(basename "$f" .sh)
		if (. "$f") </dev/null; then
			pass "$name"
		else
			fail "$name"
			rc=1
		fi
		ferry_loaded >/tmp/now_loaded
		[ ! -s /tmp/now_loaded ] || cp /tmp/now_loaded /tmp/was_loaded
	done </tmp/run_all
	return $rc
}

# stays MODULE...: what holds these is not ours to end.
stays() { echo "$*" >>/tmp/stays; }

# Not those that can never be unloaded: emulated registers stay.
ferry_loaded() {
	awk -v stays=" $(tr '\n' ' ' 2>/dev/null </tmp/stays)" '
		($1 ~ /^ferry/ || $1 ~ /_kunit$/) && !/\[permanent\]/ && !index(stays, " " $1 " ") { print $1 }' \
		/proc/modules
}

# unload_all: every module of ours, users first; says what stays.
unload_all() {
	local left before m
	while left=$(ferry_loaded) && [ -n "$left" ]; do
		before=$left
		for m in $left; do
			rmmod "$m" 2>/dev/null
		done
		left=$(ferry_loaded)
		if [ "$left" = "$before" ]; then
			# shellcheck disable=SC2086
			say "cannot unload:" $left
			return 1
		fi
	done
}

# wait_for COMMAND...: until it is true, ten seconds at most.
wait_for() {
	local i=0
	while [ "$i" -lt 100 ]; do
		"$@" && return 0
		sleep 0.1
		i=$((i + 1))
	done
	say "waited in vain: $*"
	return 1
}

# link_is LINK ATTRIBUTE VALUE
link_is() { [ "$(cat "/sys/class/ferry/$1/$2")" = "$3" ]; }
link_is_not() { ! link_is "$@"; }

# nothing_lent LINK: what was lent comes back one by one as room is needed, and all of it
# with a stop.
nothing_lent() {
	awk 'NR > 1 { lent += $4; n++ } END { exit !(n && lent == 0) }' "/sys/kernel/debug/ferry/$1/pools"
}

# A kernel with kmemleak: leak_start, work, leak_check. Two scans, since an object
# counts only once it is older than 5 seconds.
KMEMLEAK=/sys/kernel/debug/kmemleak
leak_start() {
	[ -e "$KMEMLEAK" ] || return 0
	echo scan=off >"$KMEMLEAK"
	echo clear >"$KMEMLEAK"
}
leak_check() {
	[ -e "$KMEMLEAK" ] || return 0
	echo scan >"$KMEMLEAK"
	sleep 6
	echo scan >"$KMEMLEAK"
	cat "$KMEMLEAK" >/tmp/leaks
	[ -s /tmp/leaks ] || return 0
	say "leaks $1: $(grep -c '^unreferenced' /tmp/leaks)"
	cat /tmp/leaks
	return 1
}
