# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# A VPU that we boot crashes again and again under traffic; its driver is unbound and
# bound, and unloaded, in the middle of a recovery. Each time it works afterwards.

node=7cbef000.vpu
drv=/sys/bus/platform/drivers/ferry-keembay
link=keembay1
class=/sys/class/ferry/$link
rc=0

crash() { echo crash >"$class/state"; }
pause() { usleep "$1"; }

start() {
	link_is "$link" state running && return
	echo keembay-vpu.bin >"$class/firmware"
	echo enabled >"$class/recovery"
	echo start >"$class/state" && link_is "$link" state running
}

works() {
	start || return 1
	modprobe ferry_traffic link="$link" channels=3,40 count=400 || return 1
	rmmod ferry_traffic
}

stops() { echo stop >"$class/state" && link_is "$link" state offline && nothing_lent "$link"; }

# storm COMMAND...: with senders who are cut off each time.
storm() {
	local rc
	touch /tmp/storm
	while [ -e /tmp/storm ]; do
		modprobe ferry_traffic link="$link" channels=2,7,30,800 count=100000
	done 2>/dev/null &
	"$@"
	rc=$?
	rm /tmp/storm
	while kill -0 $! 2>/dev/null; do
		echo stop >"$class/state"
		sleep 0.1
	done
	rmmod ferry_traffic 2>/dev/null
	return "$rc"
}

# Each after the recovery from the one before.
one_by_one() {
	local i epoch
	for i in 1 2 3 4 5 6 7 8; do
		epoch=$(cat "$class/epoch")
		pause $((i * 10000))
		crash
		wait_for link_is_not "$link" epoch "$epoch" && wait_for link_is "$link" state running || return 1
	done
}

# Whatever it is at: also one that crashes while it recovers is not lost.
without_end() {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		crash
		pause $((i * 2500))
	done
	sleep 0.5
	link_is "$link" state running || echo restart >"$class/state"
	wait_for link_is "$link" state running
}

rebind() {
	local us
	for us in 0 1000 5000 10000 20000 40000; do
		start || return 1
		crash
		pause "$us"
		echo "$node" >"$drv/unbind"
		echo "$node" >"$drv/bind"
	done
}

# The other link goes, too.
reload() {
	local us
	for us in 0 5000 20000; do
		start || return 1
		crash
		pause "$us"
		rmmod ferry_keembay || return 1
		modprobe ferry_keembay || return 1
	done
}

modprobe ferry_sim_keembay || exit 1
modprobe ferry_keembay || exit 1
result "keembay starts for the storm" start
result "keembay crashes one by one" storm one_by_one
result "keembay works after these" works
result "keembay crashes without end" storm without_end
result "keembay works after the storm" works
result "keembay unbound while it recovers" storm rebind
result "keembay unloaded while it recovers" storm reload
result "keembay works after all" works
result "keembay has all back" stops
exit $rc
