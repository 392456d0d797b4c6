# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Gunyah: VMs beside this one, whose queues and doorbells are found by label. Traffic both
# ways at the limit of the queues, one way only, and doorbells; one VM is reset under
# traffic, which the other does not notice, and a new one takes its place.

sim=/sys/kernel/debug/ferry-sim-gunyah
owner=/sys/module/ferry_gunyah_vm/parameters/vm
count=${COUNT:-100000}

# create VM: its queues are there from now on; what a resource manager would say of them.
create() {
	echo "create $1" >$sim/do || return 1
	echo "add vm$1 $(awk -v vm="$1" '$1 == vm { print $2 ":" $3 ":" $4 ":" $5 ":" $6 }' \
		$sim/resources | tr '\n' ' ')" >$owner
}

# traffic VM COUNT
traffic() {
	modprobe ferry_traffic link="vm$1" channels=17 size=240 count="$2" || return 1
	dmesg | sed -n 's/.*ferry_traffic: .*: \([0-9]*\) messages, .* \([0-9]*\) ms, ok/\1 \2/p' |
		tail -n 1 >>/tmp/gunyah
	rmmod ferry_traffic
}

count_of() { awk -v vm="$1" -v column="$2" '$1 == vm { print $column }' $sim/counts; }
echoed_more() { [ "$(count_of 1 2)" -gt "$((before + 1000))" ]; }
took() { [ "$(count_of "$1" 3)" = "$2" ]; }

# one_way VM: 100 messages to it on 18, 100 from it on 19.
one_way() {
	dd if=/dev/zero bs=240 count=100 2>/dev/null | ferry send -q "vm$1" 18 || return 1
	wait_for took "$1" 100 || return 1
	timeout 60 ferry recv -c 100 "vm$1" 19 >/tmp/from_vm || return 1
	[ "$(wc -c </tmp/from_vm)" = 24000 ] || return 1
	say "vm$1: 100 messages on a queue that only sends, 100 on one that only receives"
}

# bells VM: the flags that it is rung with come back.
bells() {
	ferry echo-test "vm$1" 20 --size 8 --count 100 >/tmp/out || return 1
	sed 's/^/FERRY> doorbells: /' /tmp/out
}

: >/tmp/gunyah
modprobe ferry_sim_gunyah || exit 1
modprobe ferry_gunyah_vm || exit 1
create 1 && create 2 || exit 1
say "links vm1, vm2: $(cat /sys/class/ferry/vm1/state), $(cat /sys/class/ferry/vm2/state)"
traffic 1 "$count" || exit 1
one_way 1 || exit 1
bells 1 || exit 1

say "vm1 is reset in mid-traffic"
ferry echo-test vm2 17 --size 240 --count 3000 >/tmp/out2 2>&1 &
other=$!
before=$(count_of 1 2)
modprobe ferry_traffic link=vm1 channels=17 size=240 count=1000000 2>/dev/null &
victim=$!
wait_for echoed_more || exit 1
echo "reset 1" >$sim/do
wait_for link_is vm1 state crashed || exit 1
wait $victim
printf x | ferry send vm1 18 2>&1 | sed 's/^/FERRY> a program, after that: /'
wait $other || { cat /tmp/out2; exit 1; }
sed 's/^/FERRY> meanwhile: /' /tmp/out2
rmmod ferry_traffic 2>/dev/null
say "link vm1: $(cat /sys/class/ferry/vm1/state): $(cat /sys/class/ferry/vm1/crash_reason)"
dmesg | grep -q 'ferry_traffic: channel 17: send [0-9]*: -67' ||
	dmesg | grep -q 'ferry_traffic: vm1: channel 17: the link went down' || exit 1
link_is vm2 state running || exit 1
traffic 2 "$((count / 20))" || exit 1

echo "remove vm1" >$owner && echo "destroy 1" >$sim/do || exit 1
create 1 || exit 1
say "link vm1: $(cat /sys/class/ferry/vm1/state), a new VM"
traffic 1 "$((count / 20))" || exit 1
bells 1 || exit 1
awk '{ n += $1; t += $2 } END { printf "FERRY> gunyah: %d messages, %d ms, ok\n", n, t }' /tmp/gunyah
