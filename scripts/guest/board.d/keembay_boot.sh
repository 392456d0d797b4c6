# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Keem Bay on the board, booted by us: files that do not boot; a VPU that is not up, or
# not in time; crashes under load, one after the other; a VPU that cannot be stopped,
# over an unbind.

node=7cbef000.vpu
drv=/sys/bus/platform/drivers/ferry-keembay
link=keembay1
class=/sys/class/ferry/$link
sim=/sys/kernel/debug/ferry-sim/7cbef000.sim-vpu
rc=0

power_is() { [ "$(cat "$sim/power")" = "$1" ]; }
stat_of() { sed -n "s/^$1 //p" "$sim/stats"; }
faults() { echo "$*" >"$sim/faults"; }
rproc() { echo /sys/devices/platform/$node/remoteproc/remoteproc*; }

start() {
	echo "${1:-keembay-vpu.bin}" >"$(rproc)/firmware" || return 1
	echo start >"$(rproc)/state" 2>/dev/null || return 1
	echo enabled >"$(rproc)/recovery"
	link_is "$link" state running
}

stop() {
	echo stop >"$(rproc)/state" && link_is "$link" state offline && power_is off
}

traffic() {
	modprobe ferry_traffic link="$link" channels=3,40 count=400 || return 1
	rmmod ferry_traffic
}

life() { start "$1" && traffic && stop && nothing_lent "$link"; }

# start_fails FILE: and the VPU was not, or is no longer, running.
start_fails() {
	! start "$1" && link_is_not "$link" state running
}

faulty_start() {
	local ok=1
	faults "$1"
	start_fails keembay-vpu.bin && ok=0
	faults
	stop 2>/dev/null
	[ "$ok" -eq 0 ] && life keembay-vpu.bin
}

# crash HOW: under load; true when the next epoch runs.
crash() {
	local epoch ok=1
	epoch=$(cat "$class/epoch")
	modprobe ferry_traffic link="$link" channels=2,30 count=60000 2>/dev/null &
	sleep 0.3
	echo "$1" >"$sim/crash"
	wait_for link_is_not "$link" epoch "$epoch" && wait_for link_is "$link" state running && ok=0
	wait $!
	rmmod ferry_traffic 2>/dev/null
	[ "$ok" -eq 0 ] && traffic
}

every_bite_was_quieted() {
	sleep 1.5
	[ "$(stat_of wdt_bites)" -gt 0 ] && [ "$(stat_of wdt_not_quieted)" -eq 0 ] &&
		[ "$(stat_of wdt_quieted)" -eq "$(stat_of wdt_bites)" ]
}

# Of which nobody is told: only a stop helps.
silent_crash() {
	echo silent >"$sim/crash"
	wait_for power_is crashed && link_is "$link" state running && stop && life keembay-vpu.bin
}

# It stays crashed, also over an unbind, until the VPU can be stopped.
unstoppable() {
	start || return 1
	faults stop-fails
	modprobe ferry_traffic link="$link" channels=2,30 count=60000 2>/dev/null &
	sleep 0.3
	echo mss >"$sim/crash"
	wait_for link_is "$link" state crashed
	wait $!
	rmmod ferry_traffic 2>/dev/null
	echo "$node" >"$drv/unbind"
	echo "$node" >"$drv/bind"
	wait_for link_is "$link" state crashed || return 1
	start_fails keembay-vpu.bin || return 1
	faults
	start && traffic && stop && nothing_lent "$link"
}

modprobe ferry_sim_keembay || exit 1
modprobe ferry_keembay || exit 1
[ -d "$(rproc)" ] || { say "$link has no remoteproc"; exit 1; }

result "keembay boots" life keembay-vpu.bin
result "keembay boots another firmware" life keembay-vpu2.bin
result "keembay refuses a damaged file" start_fails keembay-bad-file.bin
result "keembay does not boot a damaged image" start_fails keembay-bad-image.bin
result "keembay boots after these" life keembay-vpu.bin
for fault in boot-fails no-ready bad-ready late-ready; do
	result "keembay after $fault" faulty_start "$fault"
done
result "keembay starts" start
for how in nce mss hang nce mss hang; do
	result "keembay recovers from $how" crash "$how"
done
result "keembay quiets the watchdogs" every_bite_was_quieted
result "keembay after a silent crash" silent_crash
result "keembay that cannot be stopped" unstoppable
faults
exit $rc
