# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Gunyah: the resource manager is found in the device tree and asked to make VMs, whose
# queues and doorbells are found by label. Traffic both ways at the limit of the queues, one
# way only, and doorbells; one VM is reset under traffic, which the other does not notice,
# and a new one takes its place.

sim=/sys/kernel/debug/ferry-sim-gunyah
manager=/sys/kernel/debug/ferry-gunyah-rm
owner=/sys/module/ferry_gunyah_vm/parameters/vm
count=${COUNT:-100000}

manager_knows_us() { grep -q '^gunyah-rm vmid [1-9]' "$manager" 2>/dev/null; }

# vmid NAME, state NAME: as the resource manager says.
vmid() { awk -v name="$1" '$1 == name { print $2 }' $owner; }
state() { awk -v name="$1" '$1 == name { print $3 }' $owner; }

# create NAME: a number, memory, queues, and it runs; the notification says so, too.
create() {
	echo "create $1" >$owner || return 1
	[ "$(state "$1")" = running ] || return 1
	wait_for told "$1" running
}
told() { dmesg | grep -q "ferry_gunyah_vm: $1: VM $(vmid "$1") is $2"; }

# traffic VM COUNT
traffic() {
	modprobe ferry_traffic link="$1" channels=17 size=240 count="$2" || return 1
	dmesg | sed -n 's/.*ferry_traffic: .*: \([0-9]*\) messages, .* \([0-9]*\) ms, ok/\1 \2/p' |
		tail -n 1 >>/tmp/gunyah
	rmmod ferry_traffic
}

# count_of VM COLUMN
count_of() { awk -v vm="$(vmid "$1")" -v column="$2" '$1 == vm { print $column }' $sim/counts; }
echoed_more() { [ "$(count_of vm1 2)" -gt "$((before + 1000))" ]; }
took() { [ "$(count_of "$1" 3)" = "$2" ]; }

# one_way VM: 100 messages to it on 18, 100 from it on 19.
one_way() {
	dd if=/dev/zero bs=240 count=100 2>/dev/null | ferry send -q "$1" 18 || return 1
	wait_for took "$1" 100 || return 1
	timeout 60 ferry recv -c 100 "$1" 19 >/tmp/from_vm || return 1
	[ "$(wc -c </tmp/from_vm)" = 24000 ] || return 1
	say "$1: 100 messages on a queue that only sends, 100 on one that only receives"
}

# bells VM: the flags that it is rung with come back.
bells() {
	ferry echo-test "$1" 20 --size 8 --count 100 >/tmp/out || return 1
	sed 's/^/FERRY> doorbells: /' /tmp/out
}

: >/tmp/gunyah
modprobe ferry_gunyah || exit 1
modprobe ferry_sim_gunyah || exit 1
modprobe ferry_gunyah_rm || exit 1
wait_for manager_knows_us || exit 1
modprobe ferry_gunyah_vm || exit 1
create vm1 && create vm2 || exit 1
sed 's/^/FERRY> resource manager: /' $manager
sed 's/^/FERRY> link vm1: /' /sys/kernel/debug/ferry/vm1/gunyah || exit 1
say "links vm1, vm2: $(cat /sys/class/ferry/vm1/state), $(cat /sys/class/ferry/vm2/state)"
traffic vm1 "$count" || exit 1
one_way vm1 || exit 1
bells vm1 || exit 1

say "vm1 is reset in mid-traffic"
ferry echo-test vm2 17 --size 240 --count 3000 >/tmp/out2 2>&1 &
other=$!
before=$(count_of vm1 2)
modprobe ferry_traffic link=vm1 channels=17 size=240 count=1000000 2>/dev/null &
victim=$!
wait_for echoed_more || exit 1
echo "lose $(vmid vm1)" >$sim/do || exit 1
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
traffic vm2 "$((count / 20))" || exit 1

echo "destroy vm1" >$owner || exit 1
[ ! -e /sys/class/ferry/vm1 ] || exit 1
create vm1 || exit 1
say "link vm1: $(cat /sys/class/ferry/vm1/state), a new VM, $(vmid vm1)"
traffic vm1 "$((count / 20))" || exit 1
bells vm1 || exit 1

# One that ends by itself is told of; one that its owner ends, too.
echo "die $(vmid vm1)" >$sim/do || exit 1
wait_for link_is vm1 state crashed && wait_for told vm1 exited || exit 1
echo "stop vm2" >$owner || exit 1
wait_for link_is vm2 state crashed || exit 1
echo "destroy vm1" >$owner && echo "destroy vm2" >$owner || exit 1
dmesg | sed -n 's/.*ferry_gunyah_vm: \(vm.*\)/FERRY> told: \1/p'
awk '{ n += $1; t += $2 } END { printf "FERRY> gunyah: %d messages, %d ms, ok\n", n, t }' /tmp/gunyah
