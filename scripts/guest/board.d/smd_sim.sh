# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# The simulated remotes of SMD against the drivers of the kernel itself, which judge them,
# and against ours: the same device tree, and the same results.
#
# On the command line: guest.smd=kernel or ferry, one of the two; guest.slow=1, 100000
# messages on each channel, of every size.

rpm=/sys/kernel/debug/ferry-sim-smd/edge15
modem=/sys/kernel/debug/ferry-sim-smd/edge0
rc=0

# remote DIR COMMAND...
remote() {
	local dir=$1
	shift
	echo "$*" >"$dir/do" || { say "refused: $*"; return 1; }
}

# What the remotes had to complain about: what wcnss_ctrl says is not ours to know.
no_complaints() {
	cat "$rpm/bad" "$modem/bad" | grep -v '^WCNSS_CTRL content' >/tmp/bad
	[ ! -s /tmp/bad ] || { sed 's/^/FERRY> complaint: /' /tmp/bad; return 1; }
}

# offer NAMES: these remotes do not offer again what the other side closed. The kernel's
# driver keeps the devices of such channels all the same, ours does not.
offer() {
	local c dir
	[ "$side" != kernel ] || return 0
	for c in $(echo "$1" | tr , ' '); do
		dir="$modem"
		[ "${c#w}" = "$c" ] || dir="$rpm"
		grep -q "^$c .* state [12] " "$dir/channels" || remote "$dir" open "$c" || return 1
		wait_for has_device "$c" || return 1
	done
}

# traffic WAY NAMES MAXIMUM COUNT STEP GRANULE
traffic() {
	offer "$2" || return 1
	if modprobe ferry_rpmsg_traffic way="$1" names="$2" max="$3" count="$4" step="$5" granule="$6"; then
		rmmod ferry_rpmsg_traffic
	else
		dmesg | grep ferry_rpmsg_traffic | tail -n 5
		return 1
	fi
}

has_device() { ls -d /sys/bus/rpmsg/devices/*."$1".* >/dev/null 2>&1; }
has_no_device() { ! has_device "$1"; }
is_open() { grep -q "^$2 .* state 2 peer 2 " "$1/channels"; }

# Each mode, both layouts, three sizes.
create_channels() {
	local mode
	remote "$rpm" create rpm_requests 1024 words leader rpm || return 1
	remote "$modem" create WCNSS_CTRL 1024 leader sink || return 1
	for mode in leader follower open; do
		remote "$rpm" create "w1k-$mode" 1024 words $mode || return 1
		remote "$rpm" create "w8k-$mode" 8192 words $mode || return 1
		remote "$modem" create "b1k-$mode" 1024 $mode || return 1
		remote "$modem" create "b8k-$mode" 8192 second $mode || return 1
	done
	remote "$rpm" create w64k 65536 words leader || return 1
	remote "$modem" create b64k 65536 second follower
	remote "$rpm" create w-sink 1024 words sink || return 1
	remote "$modem" create b-sink 1024 follower sink || return 1
	remote "$rpm" create w-source 1024 words source || return 1
	remote "$modem" create b-source 1024 follower source
}

# The kernel's driver writes over the end of its buffer when a packet of more than a page
# wraps: such packets are sent where they do not.
go_straight() {
	local c
	for c in w8k-leader w8k-follower w8k-open w64k; do
		remote "$rpm" fault $c straight || return 1
	done
	for c in b8k-leader b8k-follower b8k-open b64k; do
		remote "$modem" fault $c straight || return 1
	done
}

rpm_answers() {
	wait_for ls -d /sys/bus/platform/drivers/qcom-clk-smd-rpm/*clock-controller >/dev/null || return 1
	grep '^rpm_requests' "$rpm/channels" | grep -q ' rx [1-9]'
}

# It asks for the version of the firmware first.
wcnss_binds() {
	wait_for ls -d /sys/bus/rpmsg/drivers/qcom_wcnss_ctrl/*WCNSS_CTRL* >/dev/null || return 1
	wait_for grep -q '^WCNSS_CTRL .* rx [1-9]' "$modem/channels"
}

echoes() {
	traffic both w1k-leader,w1k-follower,w1k-open 1000 "$small" 4 4 || return 1
	traffic both w8k-leader,w8k-follower,w8k-open 8168 "$n" 4 4 || return 1
	traffic both b1k-leader,b1k-follower,b1k-open 1000 "$small" 1 1 || return 1
	traffic both b8k-leader,b8k-follower,b8k-open 8168 "$n" 1 1 || return 1
	traffic both w64k 65512 "$large" "$step" 4 || return 1
	traffic both b64k 65512 "$large" "$step" 1
}

# The kernel's driver leaves one byte of a ring free, not four.
sinks() {
	traffic out w-sink 1000 "$small" 4 4 || return 1
	traffic out b-sink "$max_out" "$small" 1 1
}

# source DIR CHANNEL STEP
source_sends() {
	traffic in "$2" 1000 "$small" "$3" "$3" &
	wait_for is_open "$1" "$2" && remote "$1" order "$2" "$small" 4 1000 "$3"
	wait $!
}
sources() { source_sends "$rpm" w-source 4 && source_sends "$modem" b-source 1; }

# The remote closes under traffic, and opens again.
closes() {
	traffic both w1k-leader 1000 10000000 4 4 >/dev/null 2>&1 &
	wait_for is_open "$rpm" w1k-leader || return 1
	remote "$rpm" close w1k-leader
	wait_for has_no_device w1k-leader || return 1
	wait $! && return 1
	wait_for grep -q '^w1k-leader .* state 0 ' "$rpm/channels" || return 1
	remote "$rpm" open w1k-leader
	wait_for has_device w1k-leader && traffic both w1k-leader 1000 100 4 4
}

# faulty FAULT COUNT: what is no fault in truth.
faulty() {
	remote "$rpm" fault w1k-follower "$1" && remote "$modem" fault b1k-follower "$1" || return 1
	traffic both w1k-follower 1000 "$2" 4 4 && traffic both b1k-follower 1000 "$2" 1 1 || return 1
	remote "$rpm" fault w1k-follower && remote "$modem" fault b1k-follower
}

# The remotes die; the driver of the edges is gone when they boot again. The kernel's
# clocks bind once in the life of their module.
dies() {
	local drv
	drv=$(readlink -f "$device/driver") || return 1
	rmmod clk-smd-rpm || return 1
	remote "$rpm" crash && remote "$modem" crash || return 1
	basename "$device" >"$drv/unbind"
	remote "$rpm" restart && remote "$modem" restart new || return 1
	basename "$device" >"$drv/bind"
	wait_for has_device w1k-open && wait_for has_device b1k-leader || return 1
	modprobe clk-smd-rpm && rpm_answers || return 1
	traffic both w1k-leader,w1k-open 1000 100 4 4 && traffic both b1k-leader,b1k-follower 1000 100 4 4
}

# run SIDE MODULE...: what the side is made of, lowest first.
run() {
	local m before after unload=''
	side=$1 before=$2 after=$3
	# shellcheck disable=SC2034 # result reads it
	about="smd, $1"
	modprobe ferry_sim_smd || return 1
	for m in $before; do
		modprobe "$m" || return 1
		unload="$m $unload"
	done
	create_channels || return 1
	[ "$side" != kernel ] || go_straight || return 1
	for m in $after smd-rpm clk-smd-rpm wcnss_ctrl; do
		modprobe "$m" || return 1
		unload="$m $unload"
	done
	result "the RPM answers" rpm_answers
	result "wcnss_ctrl asks for a version" wcnss_binds
	result "messages of all sizes" echoes
	result "messages to the remote alone" sinks
	result "messages from the remote alone" sources
	result "the remote closes and opens" closes
	result "messages bit by bit" faulty chunks 300
	result "no flags" faulty no-flags 600
	result "the remotes die" dies
	rpmsg_in_interrupt
	[ "$side" = kernel ] || result "messages of all sizes, in the interrupt" echoes
	result "nothing was done wrong" no_complaints
	cat "$rpm/channels" "$modem/channels"
	for m in $unload ferry_sim_smd; do
		rmmod "$m" || { say "$m cannot be unloaded"; return 1; }
	done
}

# Enough for every size of the two smaller rings.
small=1000 n=2100 large=300 step=$((4 * 61))
[ -z "$(cmdline guest.slow)" ] || small=100000 n=100000 large=100000 step=4
only=$(cmdline guest.smd)
device=/sys/bus/platform/devices/smd
if [ "${only:-kernel}" = kernel ]; then
	max_out=1003
	run kernel "qcom_hwspinlock smem" qcom_smd || rc=1
fi
modules=/lib/modules/$(uname -r)/ferry
if [ "${only:-ferry}" = ferry ] && [ -e "$modules/ferry_smd.ko" ] && [ -e "$modules/ferry_rpmsg.ko" ]; then
	max_out=1000
	run ferry "qcom_hwspinlock ferry_smem" "ferry_smd ferry_rpmsg" || rc=1
fi
exit $rc
