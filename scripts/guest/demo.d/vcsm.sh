# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# VC-SM over VCHIQ: memory of a program and of the node is imported to a simulated VPU, which
# writes to it and reads it; it stays while the VPU uses it, and goes right after; programs
# are killed at each step; the VPU crashes. Nothing is left behind, at either end. In between
# messages of all sizes go to other services and back.

vpu=/sys/kernel/debug/ferry-sim-vchiq/sim-soc:sim-vpu
smem=/sys/kernel/debug/ferry-sim-vcsm/sim-soc:sim-vpu
host=/sys/kernel/debug/vcsm-cma
count=${COUNT:-10000}
kills=${KILLS:-1000}

# of FILE NAME: its number
of() { sed -n "s/^$2 //p" "$1"; }
dmabufs() { sed -n 's/^Total \([0-9]*\) objects.*/\1/p' /sys/kernel/debug/dma_buf/bufinfo; }
messages() { echo $(($(of $vpu/stats rx) + $(of $vpu/stats tx))); }
ms() { awk '{ print int($1 * 1000) }' /proc/uptime; }

is() { [ "$(of "$1" "$2")" = "$3" ]; }

# Nobody has anything, and nobody did anything wrong.
nothing_left() {
	is $host/stats buffers 0 && is $host/stats held 0 && is $smem/stats buffers 0 &&
		[ "$(dmabufs)" = "$before" ]
}
nothing_wrong() {
	is $vpu/stats wrongs 0 && is $smem/stats wrong 0 && is $smem/stats lost 0 &&
		is $host/stats malformed 0 && is $host/stats stray 0 && is $host/stats unknown 0
}
clean() {
	wait_for nothing_left && nothing_wrong && return 0
	cat $host/state $host/stats $smem/heap $smem/stats $vpu/stats
	return 1
}

# both N OPTION...: as often memory of the node, and of the program's own
both() {
	local n=$1
	shift
	ferry-vcsm --count "$n" "$@" alloc >/tmp/out || return 1
	ferry-vcsm --count "$n" "$@" import >>/tmp/out || return 1
	sed 's/^/FERRY> /' /tmp/out
	clean
}

# at_once N: so many, by four programs
at_once() {
	local i pids=
	for i in 1 2 3 4; do
		ferry-vcsm --count $(($1 / 4)) reimport >"/tmp/out$i" &
		pids="$pids $!"
	done
	for i in $pids; do
		wait "$i" || return 1
	done
	say "$1 buffers imported and freed by four programs at once"
	clean
}

# The user is gone, and the VPU is not done with it: it writes, others use much memory, it
# reads what it wrote.
held_by_the_vpu() {
	local handle
	echo hold 600000 >$smem/do
	ferry-vcsm "$1" >/tmp/out || return 1
	wait_for is $host/stats in-use 0 || return 1
	is $host/stats held 1 && [ "$(dmabufs)" -gt "$before" ] || return 1
	handle=$(awk 'NR == 2 { print $1 }' $smem/heap)
	echo "fill $handle 7" >$smem/do || return 1
	dd if=/dev/zero of=/tmp/much bs=1M count=64 2>/dev/null
	rm /tmp/much
	echo "check $handle 7" >$smem/do || return 1
	is $host/stats held 1 && [ "$(dmabufs)" -gt "$before" ] || return 1
	say "$1: no user, held: $(awk 'NR == 2 { print $2, $3 }' $host/state)"
	echo hold 0 >$smem/do
	echo "let-go $handle" >$smem/do || return 1
	clean || return 1
	say "$1: the VPU let go, and it is free"
}

# Messages of all sizes to four services that send them back: ECHO, ECH1, ECH2, ECH3.
traffic() {
	modprobe ferry_traffic link=vchiq count="$1" smallest=1 \
		channels=0x4543484f,0x45434831,0x45434832,0x45434833 || return 1
	dmesg | sed -n 's/.*ferry_traffic: \(.*messages.*\)/FERRY> \1/p' | tail -n 1
	rmmod ferry_traffic
	clean
}

modprobe udmabuf 2>/dev/null
modprobe ferry_sim_vpu || exit 1
modprobe ferry_vcsm || exit 1
wait_for test -e /dev/vcsm-cma || exit 1
wait_for is $host/stats version 2 || exit 1
before=$(dmabufs)
say "link vchiq: $(cat /sys/class/ferry/vchiq/state), SMEM speaks version $(of $host/stats version)"

both 50 --vpu $smem/do || exit 1
say "each byte was written by one side and read by the other, both ways"
traffic 25000 || exit 1

start=$(ms) first=$(messages)
at_once "$count" || exit 1
n=$(($(messages) - first)) took=$(($(ms) - start))

held_by_the_vpu alloc || exit 1
held_by_the_vpu import || exit 1

ferry-vcsm --size 4096 --count "$kills" kill >/tmp/out || exit 1
clean || exit 1
sed 's/^/FERRY> /' /tmp/out
echo hold 20 >$smem/do
ferry-vcsm --size 4096 --count $((kills / 10)) kill >/tmp/out || exit 1
echo hold 0 >$smem/do
clean || exit 1
say "killed at each step: nothing is left; $(of $host/stats late) answers came too late"

# What it had when it crashed is let go when it was reset.
echo hold 600000 >$smem/do
ferry-vcsm import >/tmp/out || exit 1
wait_for is $host/stats held 1 || exit 1
epoch=$(cat /sys/class/ferry/vchiq/epoch)
echo hold 0 >$smem/do
echo lie pos-far >$vpu/do
wait_for link_is_not vchiq epoch "$epoch" || exit 1
wait_for link_is vchiq state running || exit 1
wait_for is $host/stats version 2 || exit 1
clean || exit 1
say "the VPU crashed and is back; link vchiq: $(cat /sys/class/ferry/vchiq/state)"
both 10 --vpu $smem/do || exit 1
[ "$n" -ge 10000 ] || exit 1
say "vcsm: $n messages, $took ms, ok"
