# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Keem Bay on the board: senders on every CPU; a VPU that misbehaves in each way;
# stop, start and unbind under traffic. After each of these, traffic again.

# The node of the first bindings: its VPU boots by itself.
drv=/sys/bus/platform/drivers/ferry-keembay
link=keembay
sim=/sys/kernel/debug/ferry-sim/keembay-vpu

# traffic CHANNELS COUNT: verified echoes.
traffic() {
	modprobe ferry_traffic link=$link channels="$1" count="$2" || return 1
	rmmod ferry_traffic
}

# restart: a new epoch, in which all memory is ours again.
restart() {
	echo stop >/sys/class/ferry/$link/state 2>/dev/null
	echo start >/sys/class/ferry/$link/state
	[ "$(cat /sys/class/ferry/$link/state)" = running ]
}

# under_traffic COMMAND...: errors of the traffic are expected, and no more.
under_traffic() {
	modprobe ferry_traffic link=$link channels=2,30 count=100000 2>/dev/null &
	sleep 0.3
	"$@"
	wait $!
	rmmod ferry_traffic 2>/dev/null
	return 0
}

modprobe ferry_sim_keembay || exit 1
modprobe ferry_keembay || exit 1
[ "$(cat /sys/class/ferry/$link/state)" = running ] || exit 1

rc=0
if traffic 1,5,20,900 "$([ "$(cmdline guest.slow)" ] && echo 50000 || echo 4000)"; then
	pass "keembay traffic on every CPU"
else
	fail "keembay traffic on every CPU"
	rc=1
fi
if grep '^drop-' /sys/kernel/debug/ferry/$link/stats | grep -qv ' 0$'; then
	fail "keembay drops nothing"
	rc=1
else
	pass "keembay drops nothing"
fi

for fault in no-free silent bad-entry bad-header bad-payload duplicate rewrite free-twice scribble; do
	echo "$fault" >"$sim/faults"
	modprobe ferry_echo link=$link channel=700 count=50 2>/dev/null
	rmmod ferry_echo 2>/dev/null
	echo >"$sim/faults"
	if restart && traffic 3,40 200; then
		pass "keembay after $fault"
	else
		fail "keembay after $fault"
		rc=1
	fi
done

under_traffic restart
if restart && traffic 3,40 200; then pass "keembay stop under traffic"; else fail "keembay stop under traffic"; rc=1; fi
under_traffic sh -c "echo keembay-ipc >$drv/unbind"
echo keembay-ipc >"$drv/bind"
if restart && traffic 3,40 200; then pass "keembay unbind under traffic"; else fail "keembay unbind under traffic"; rc=1; fi
exit $rc
