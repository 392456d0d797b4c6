# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Keem Bay from its boot on: remoteproc starts the VPU with a firmware file, messages
# travel, the VPU dies in the middle of them, and remoteproc brings it back.

link=keembay1
class=/sys/class/ferry/$link
sim=/sys/kernel/debug/ferry-sim/7cbef000.sim-vpu


traffic() {
	modprobe ferry_traffic link="$link" channels=2,7,30,800 count="${COUNT:-20000}" || return 1
	dmesg | sed -n 's/.*ferry_traffic: \(.*messages.*\)/FERRY> \1/p' | tail -n 1
	rmmod ferry_traffic
}

modprobe ferry_sim_keembay || exit 1
modprobe ferry_keembay || exit 1
rproc=$(echo /sys/devices/platform/7cbef000.vpu/remoteproc/remoteproc*)
[ -d "$rproc" ] || { say "$link has no remoteproc"; exit 1; }

say "link $link: $(cat "$class/state"), VPU: $(cat "$sim/power")"
echo enabled >"$rproc/recovery"
echo keembay-vpu.bin >"$rproc/firmware"
echo start >"$rproc/state" || exit 1
say "link $link: $(cat "$class/state"), VPU: $(cat "$sim/power")"
traffic || exit 1

epoch=$(cat "$class/epoch")
modprobe ferry_traffic link="$link" channels=2,7,30,800 count=60000 2>/dev/null &
sleep 0.3
say "the watchdog of the VPU bites in mid-traffic"
echo nce >"$sim/crash"
wait_for link_is_not "$link" epoch "$epoch" || exit 1
wait_for link_is "$link" state running || exit 1
wait $!
rmmod ferry_traffic 2>/dev/null
say "link $link: $(cat "$class/state"), VPU: $(cat "$sim/power")"
traffic || exit 1

echo stop >"$rproc/state" || exit 1
nothing_lent "$link" || { cat "/sys/kernel/debug/ferry/$link/pools"; exit 1; }
say "link $link: $(cat "$class/state"), VPU: $(cat "$sim/power"), nothing is lent"
