# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# The system sleeps under traffic: to idle, until the clock wakes it, and by a test of
# the devices alone. Nothing is lost; afterwards as much came back as was sent.

count=100000
rc=0

# counter LINK KEY
counter() { sed -n "s/^$2 //p" "/sys/kernel/debug/ferry/$1/stats"; }
slept() { cat /sys/power/suspend_stats/success; }

to_idle() {
	local before
	before=$(slept)
	echo none >/sys/power/pm_test
	echo 0 >/sys/class/rtc/rtc0/wakealarm
	echo +2 >/sys/class/rtc/rtc0/wakealarm
	echo freeze >/sys/power/state && [ "$(slept)" -eq $((before + 1)) ]
}

devices_only() {
	echo devices >/sys/power/pm_test
	echo freeze >/sys/power/state
}

# sleeps COMMAND...: in the middle of the traffic, which is process $traffic.
sleeps() {
	sleep 0.3
	kill -0 "$traffic" 2>/dev/null || { say "the traffic is over already"; return 1; }
	"$@" || { say "does not sleep: $*"; return 1; }
}

# nothing_lost LINK SENT RECEIVED: counters from before the traffic.
nothing_lost() {
	[ "$(counter "$1" tx-messages)" -eq $(($2 + count)) ] &&
		[ "$(counter "$1" rx-messages)" -eq $(($3 + count)) ] &&
		! grep '^drop-' "/sys/kernel/debug/ferry/$1/stats" | grep -v ' 0$'
}

# nothing_lent LINK: with a stop all comes back.
nothing_lent() {
	echo stop >"/sys/class/ferry/$1/state" &&
		awk 'NR > 1 { lent += $4; n++ } END { exit !(n && lent == 0) }' "/sys/kernel/debug/ferry/$1/pools"
}

over() {
	local link=$1 sent received ok=0
	sent=$(counter "$link" tx-messages)
	received=$(counter "$link" rx-messages)
	modprobe ferry_traffic link="$link" channels=3,7,40,900 count=$count &
	traffic=$!
	sleeps to_idle && sleeps devices_only && sleeps to_idle || ok=1
	wait "$traffic" || ok=1
	rmmod ferry_traffic
	[ "$(cat "/sys/class/ferry/$link/state")" = running ] || ok=1
	nothing_lost "$link" "$sent" "$received" && nothing_lent "$link" && [ "$ok" -eq 0 ]
}

modprobe ferry_sim_keembay || exit 1
modprobe ferry_keembay || exit 1
echo 1 >/sys/module/suspend/parameters/pm_test_delay
echo keembay-vpu.bin >/sys/class/ferry/keembay1/firmware
for link in keembay keembay1; do
	echo start >/sys/class/ferry/$link/state
	if over $link; then pass "$link over a sleep"; else fail "$link over a sleep"; rc=1; fi
done
echo none >/sys/power/pm_test
exit $rc
