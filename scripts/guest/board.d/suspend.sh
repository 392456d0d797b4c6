# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# The system sleeps under traffic: to idle, until the clock wakes it, and by a test of
# the devices alone. Nothing is lost; afterwards as much came back as was sent.

count=10000	# messages in a round
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

channels() {
	case $1 in
	vchiq) echo smallest=1 channels=0x4543484f,0x45434831,0x45434832,0x45434833 ;;
	*) echo channels=3,7,40,900 ;;
	esac
}

# rounds LINK: of verified traffic, as long as /tmp/awake is there; /tmp/rounds counts.
rounds() {
	local n=0
	while [ -e /tmp/awake ]; do
		# shellcheck disable=SC2046 # words
		modprobe ferry_traffic link="$1" $(channels "$1") count=$count || break
		rmmod ferry_traffic
		n=$((n + 1))
		echo $n >/tmp/rounds
	done
}

# sleeps COMMAND...: in the middle of it.
sleeps() {
	sleep 0.3
	"$@" || { say "does not sleep: $*"; return 1; }
}

# nothing_lost LINK SENT RECEIVED: counters from before the traffic.
nothing_lost() {
	local all
	all=$(($(cat /tmp/rounds) * count))
	[ "$(counter "$1" tx-messages)" -eq $(($2 + all)) ] &&
		[ "$(counter "$1" rx-messages)" -eq $(($3 + all)) ] &&
		! grep '^drop-' "/sys/kernel/debug/ferry/$1/stats" | grep -v ' 0$'
}

over() {
	local link=$1 sent received ok=0
	sent=$(counter "$link" tx-messages)
	received=$(counter "$link" rx-messages)
	echo 0 >/tmp/rounds
	touch /tmp/awake
	rounds "$link" &
	sleeps to_idle && sleeps devices_only && sleeps to_idle || ok=1
	kill -0 $! || ok=1
	rm /tmp/awake
	wait $!
	[ "$(cat "/sys/class/ferry/$link/state")" = running ] || ok=1
	nothing_lost "$link" "$sent" "$received" || ok=1
	echo stop >"/sys/class/ferry/$link/state" && nothing_lent "$link" && [ "$ok" -eq 0 ]
}

modprobe ferry_sim_keembay || exit 1
modprobe ferry_keembay || exit 1
modprobe ferry_sim_vpu || exit 1
wait_for link_is vchiq state running || exit 1
echo 1 >/sys/module/suspend/parameters/pm_test_delay
echo keembay-vpu.bin >/sys/class/ferry/keembay1/firmware
for link in keembay keembay1 vchiq; do
	link_is $link state running || echo start >/sys/class/ferry/$link/state
	if over $link; then pass "$link over a sleep"; else fail "$link over a sleep"; rc=1; fi
done
grep -q '^wrongs 0$' /sys/kernel/debug/ferry-sim-vchiq/sim-soc:sim-vpu/stats || rc=1
# Another one has this name later.
rmmod ferry_sim_vpu ferry_vchiq || rc=1
echo none >/sys/power/pm_test
exit $rc
