# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# A processor that is booted by its own driver, with an edge of SMD in its node that is rung
# by a bit of a syscon; and an SMEM that has a global partition instead of a heap.

link=adsp
class=/sys/class/ferry/$link
sim=/sys/kernel/debug/ferry-sim-smd/edge1
rpm=/sys/kernel/debug/ferry-sim-smd/edge15
proc=/sys/devices/platform/sim-adsp
drv=/sys/bus/platform/drivers/ferry-sim-smd-proc
names=a,b
rc=0
# shellcheck disable=SC2034 # result shows it
about="smd, a processor that is booted"

rproc() { echo "$proc"/remoteproc/remoteproc*; }
no_link() { [ ! -e "$class" ]; }
has_device() { ls -d /sys/bus/rpmsg/devices/*."$1".* >/dev/null 2>&1; }
has_no_device() { ! has_device "$1"; }

# echoes NAMES COUNT
echoes() {
	local c
	for c in $(echo "$1" | tr , ' '); do
		wait_for has_device "$c" || return 1
	done
	modprobe ferry_rpmsg_traffic way=both names="$1" max=980 count="$2" step=4 granule=4 &&
		rmmod ferry_rpmsg_traffic
}

# The remote opens again what its client closed, and only then.
offer() {
	local c
	for c in $(echo "$names" | tr , ' '); do
		grep -q "^$c .* state [12] " "$sim/channels" || echo "open $c" >"$sim/do" || return 1
	done
}

boot() {
	[ "$(cat "$(rproc)/state")" = running ] || echo start >"$(rproc)/state" || return 1
	link_is "$link" state running && echoes "$names" 300
}

off() {
	echo stop >"$(rproc)/state" || return 1
	link_is "$link" state offline && wait_for has_no_device "${names%,*}"
}

again() { boot && off && boot; }

# Under load; the driver of the processor is told.
crash() {
	local epoch
	epoch=$(cat "$class/epoch")
	offer && wait_for has_device "${names%,*}" || return 1
	# It is loaded a second time when it fails, and may go on then.
	modprobe ferry_rpmsg_traffic way=both names="${names%,*}" max=980 count=5000 step=4 granule=4 2>/dev/null &
	sleep 0.3
	echo 1 >"/sys/kernel/debug/remoteproc/$(basename "$(rproc)")/crash"
	wait_for link_is_not "$link" epoch "$epoch" && wait_for link_is "$link" state running || return 1
	wait $!
	rmmod ferry_rpmsg_traffic 2>/dev/null
	offer && echoes "$names" 300
}

# channels NAME NAME
channels() {
	echo "create $1 1024 words leader" >"$sim/do" && echo "create $2 1008 follower" >"$sim/do"
}

# It goes with its edge, and comes back with it. The channels of before are in the tables
# still, and nobody has them.
unbind() {
	basename "$proc" >"$drv/unbind"
	no_link || return 1
	basename "$proc" >"$drv/bind"
	wait_for link_is "$link" state offline || return 1
	names=c,d
	channels c d && boot
}

# Whoever boots it needs no edge.
unload() {
	rmmod ferry_smd || return 1
	[ "$(cat "$(rproc)/state")" = running ] || return 1
	modprobe ferry_smd && wait_for link_is "$link" state running && offer && echoes "$names" 300
}

echo "any file will do" >/lib/firmware/ferry-sim-smd.bin
modprobe ferry_sim_smd global_partition=Y || exit 1
[ -d "$(rproc)" ] || { say "there is no processor"; exit 1; }
for m in qcom_hwspinlock ferry_smem ferry_smd ferry_rpmsg; do
	modprobe $m || exit 1
done
echo enabled >"$(rproc)/recovery"
channels a b && echo "create g 1024 words open" >"$rpm/do" || exit 1

result "its link is there, and offline" wait_for link_is "$link" state offline
result "the global partition" echoes g 300
result "on, off and on" again
for i in 1 2 3; do
	result "crash $i" crash
done
result "its driver goes" unbind
result "our driver goes" unload
result "off" off
cat "$sim/bad" "$rpm/bad"
[ -z "$(cat "$sim/bad" "$rpm/bad")" ] || rc=1
unload_all || rc=1
exit $rc
