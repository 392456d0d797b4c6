# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# VCHIQ with the nodes of a Raspberry Pi, a simulated VPU behind them, and the kernel's own
# driver of its firmware: first our driver of VCHIQ, then the kernel's own. The VPU judges
# them, byte for byte.
#
# Nothing unbinds the kernel's driver once it was connected: its threads never end. So it is
# the last one, and stays, and so does the simulation that its firmware belongs to.

# shellcheck disable=SC2034 # result shows it
about="vchiq"
rc=0
soc=/sys/bus/platform/devices
vpu=/sys/kernel/debug/ferry-sim-vchiq/pi-soc:pi-vpu
smem=/sys/kernel/debug/ferry-sim-vcsm/pi-soc:pi-vpu
host=/sys/kernel/debug/vcsm-cma
node=10000058.mailbox

# of FILE NAME: its number
of() { sed -n "s/^$2 //p" "$1"; }
is() { [ "$(of "$1" "$2")" = "$3" ]; }
bound() { [ "$(basename "$(readlink -f "$soc/$1/driver")")" = "$2" ]; }

# What the VPU was sent, without the numbers of the host's ports and processes.
heard() {
	sed -E -e 's/^(..) .(.) ../\1 -\2 --/' \
		-e 's/^(.. .. .. 02 0c 00 00 00 \| .. .. .. ..) .. .. .. ../\1 -- -- -- --/' "$vpu/heard"
}

# Known bytes: CONNECT; OPEN of four services; to SMEM, the version of the client.
known() {
	heard >"/tmp/heard-$side"
	sed -n 1,6p "/tmp/heard-$side" | diff - /tmp/known
}
cat >/tmp/known <<'END'
00 -0 -- 01 00 00 00 00
00 -0 -- 02 0c 00 00 00 | 4b 4e 49 53 -- -- -- -- 01 00 00 00
00 -0 -- 02 0c 00 00 00 | 4f 48 43 45 -- -- -- -- 03 00 01 00
00 -0 -- 02 0c 00 00 00 | 4d 45 4d 53 -- -- -- -- 01 00 00 00
00 -0 -- 02 0c 00 00 00 | 45 43 52 53 -- -- -- -- 01 00 00 00
44 -0 -- 05 0c 00 00 00 | 09 00 00 00 01 00 00 00 02 00 00 00
END

# Slot zero begins as it has to, and is nowhere else than it has to be.
slot_zero() {
	cp "$vpu/slot-zero" "/tmp/zero-$side"
	head -n 1 "$vpu/slot-zero" |
		grep -q '^49 48 43 56 08 00 03 00 08 05 00 00 00 10 00 00 80 00 00 00 40 00 00 00 00 .0 .. .. 40 00 00 00$'
}

# messages SIDE COUNT
messages() {
	modprobe ferry_bench_vchiq side="$1" verify="$2" || { dmesg | tail -n 5; return 1; }
	dmesg | grep "ferry_bench_vchiq: $1: .* ok$" | sed 's/.*ferry_bench_vchiq: /FERRY> /'
	rmmod ferry_bench_vchiq
}

# aborted SIDE ERRNO: what the VPU aborts fails.
aborted() {
	echo bulk-abort >"$vpu/faults" || return 1
	! modprobe ferry_bench_vchiq side="$1" verify=1 2>/dev/null || return 1
	echo >"$vpu/faults"
	dmesg | grep -q "ferry_bench_vchiq: $1: 1 bytes in bulk: -$2$"
}

# All that was opened is closed.
closed() {
	wait_for is "$vpu/stats" conns 0 || { cat "$vpu/stats"; return 1; }
}

# sunk TIMES: all that was sent to the sink in bulk, 16 transfers of 64 KiB each time, came there.
sunk() {
	if is "$vpu/stats" bulks $((16 * $1)) && is "$vpu/stats" bulk-bytes $((1048576 * $1)); then
		return 0
	fi
	cat "$vpu/stats"
	return 1
}

# The VPU has nothing to complain about.
right() {
	is "$vpu/stats" wrongs 0 || { cat "$vpu/stats"; dmesg | grep 'the host is wrong'; return 1; }
}

shared_memory() {
	modprobe ferry_vcsm && wait_for is "$host/stats" version 2 || return 1
	ferry-vcsm --count 50 --vpu "$smem/do" alloc >/tmp/out || return 1
	sed 's/^/FERRY> /' /tmp/out
	wait_for is "$host/stats" held 0 && is "$host/stats" buffers 0 && is "$smem/stats" wrong 0 || return 1
	rmmod ferry_vcsm
}

# The firmware never forgets the memory, and so do we.
unbound() {
	rmmod ferry_vchiq || return 1
	dmesg | grep -q 'vchiq.* stay in quarantine'
}

# Slot zero without what need not be alike: where the fragments are, whether the three events
# are waited for already, and words that are for debugging.
zero_bytes() {
	tr ' ' '\n' <"$1" | awk '
		{ at = NR - 1 }
		at >= 24 && at < 28 || at >= 420 && at < 424 || at >= 436 && at < 440 { next }
		at >= 452 && at < 456 || at >= 736 && at < 776 { next }
		{ print at, $1 }'
}

alike() {
	head -n 6 /tmp/heard-ferry >/tmp/a
	head -n 6 /tmp/heard-kernel | diff /tmp/a - || return 1
	zero_bytes /tmp/zero-ferry >/tmp/a
	[ "$(wc -l </tmp/a)" -eq $((1288 - 56)) ] && zero_bytes /tmp/zero-kernel | diff /tmp/a -
}

count=1000
[ -z "$(cmdline guest.slow)" ] || count=100000

modprobe udmabuf 2>/dev/null
modprobe ferry_sim_bcm2836 || exit 1
result "the kernel's driver has the firmware" wait_for bound pi-soc:pi-firmware raspberrypi-firmware

side=ferry
about="vchiq, ours"
modprobe ferry_vchiq || exit 1
result "bound" wait_for bound $node ferry-vchiq
result "running" wait_for link_is vchiq state running
result "messages of all sizes, and bulk transfers" messages thread "$count"
result "bulk transfers that are aborted" aborted thread 5
result "known bytes" known
result "slot zero" slot_zero
result "messages, in the interrupt" messages irq "$count"
[ ! -e /bin/ferry-vcsm ] || result "shared memory" shared_memory
result "closed" closed
result "the sink has all" sunk 1
result "nothing was done wrong" right
result "the memory stays" unbound

# It boots anew, which nobody told us.
echo reset >$vpu/do || exit 1
side=kernel
about="vchiq, the kernel's"
modprobe vchiq || exit 1
[ -e $soc/$node/driver ] || echo $node >/sys/bus/platform/drivers/bcm2835_vchiq/bind
result "bound" wait_for bound $node bcm2835_vchiq
result "messages of all sizes, and bulk transfers" messages kernel "$count"
result "bulk transfers that are aborted" aborted kernel 22
result "known bytes" known
result "slot zero" slot_zero
result "closed" closed
result "the sink has all" sunk 2
result "nothing was done wrong" right
about="vchiq, ours and the kernel's"
result "the same bytes" alike
stays ferry ferry_sim_bcm2836 ferry_sim_vchiq ferry_sim_vcsm ferry_port_irq ferry_port_loopback
exit $rc
