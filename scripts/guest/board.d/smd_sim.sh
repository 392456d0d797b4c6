# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# The simulated remote of SMD against the drivers of the kernel itself, which judge it,
# and against ours, with the same device tree and the same results.
#
# guest.smd=kernel|ferry on the command line: one of the two; guest.slow: all messages.

rpm=/sys/kernel/debug/ferry-sim-smd/edge15
modem=/sys/kernel/debug/ferry-sim-smd/edge0
rc=0

# result NAME COMMAND...
result() {
	local name=$1
	shift
	if "$@"; then
		pass "$name"
	else
		fail "$name"
		rc=1
	fi
}

# remote DIR COMMAND...
remote() {
	local dir=$1
	shift
	echo "$*" >"$dir/do" || { say "refused: $*"; return 1; }
}

# What the remotes had to complain about.
no_complaints() {
	local bad
	bad=$(cat $rpm/bad $modem/bad)
	[ -z "$bad" ] || { say "complaints:" $bad; return 1; }
}

# said MODULE: its last lines.
said() { dmesg | sed -n "s/.*$1: \(.*ok\)\$/FERRY> \1/p" | tail -n "$2"; }

# traffic NAMES MAXIMA COUNT STEP GRANULE
traffic() {
	modprobe ferry_rpmsg_traffic names="$1" max="$2" count="$3" step="$4" granule="$5" || {
		dmesg | grep ferry_rpmsg_traffic | tail -n 5
		return 1
	}
	rmmod ferry_rpmsg_traffic
}

# channels: each mode, both layouts, three sizes.
channels() {
	local mode
	remote $rpm create rpm_requests 1024 words leader rpm || return 1
	for mode in leader follower open; do
		remote $rpm create "w1k-$mode" 1024 words $mode || return 1
		remote $rpm create "w8k-$mode" 8192 words $mode || return 1
		remote $modem create "b1k-$mode" 1024 $mode || return 1
		remote $modem create "b8k-$mode" 8192 second $mode || return 1
	done
	remote $rpm create w64k 65536 words leader || return 1
	remote $modem create b64k 65536 second follower
}

# The kernel's driver writes over the end of its buffer when a packet of more than a page
# wraps: such packets are sent where they do not.
straight() {
	local c
	for c in w8k-leader w8k-follower w8k-open w64k; do
		remote $rpm fault $c straight || return 1
	done
	for c in b8k-leader b8k-follower b8k-open b64k; do
		remote $modem fault $c straight || return 1
	done
}

rpm_answers() {
	wait_for [ -e /sys/bus/platform/drivers/qcom-clk-smd-rpm/*clock-controller ] || return 1
	grep '^rpm_requests' $rpm/channels | grep -q ' rx [1-9]'
}

echoes() {
	local n=$1 big=$2 step=$3
	traffic w1k-leader,w1k-follower,w1k-open 1000 "$n" 4 4 || return 1
	traffic w8k-leader,w8k-follower,w8k-open 8168 "$n" 4 4 || return 1
	traffic b1k-leader,b1k-follower,b1k-open 1000 "$n" 1 1 || return 1
	traffic b8k-leader,b8k-follower,b8k-open 8168 "$n" 1 1 || return 1
	traffic w64k 65512 "$big" "$step" 4 || return 1
	traffic b64k 65512 "$big" "$step" 1
}

kernel_side() {
	modprobe ferry_sim_smd || return 1
	modprobe qcom_hwspinlock && modprobe smem || return 1
	channels && straight || return 1
	modprobe qcom_smd && modprobe smd-rpm && modprobe clk-smd-rpm || return 1
	result "smd: the kernel's RPM driver is answered" rpm_answers
	result "smd: the kernel's driver, messages of all sizes" echoes "$1" "$2" "$3"
	result "smd: the kernel's driver did nothing wrong" no_complaints
	cat $rpm/channels $modem/channels
	rmmod clk-smd-rpm smd-rpm qcom_smd smem qcom_hwspinlock
	rmmod ferry_sim_smd
}

n=2100 big=600 step=$((4 * 61))
[ -z "$(cmdline guest.slow)" ] || { n=100000 big=100000 step=4; }
kernel_side $n $big $step || rc=1
exit $rc
