# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# VCHIQ with the same simulated VPU behind the same registers: ours, and the kernel's own
# driver, which is the last one as it cannot be unbound. Lines go to /tmp/bench, see
# bench/vchiq.c.

vpu=/sys/kernel/debug/ferry-sim-vchiq/pi-soc:pi-vpu
node=10000058.mailbox
drivers=/sys/bus/platform/drivers

vpu_pid() { ps -o pid,comm | awk '$2 == "pi-soc:pi-vpu" { print $1 }'; }

# side NAME: what came wrong is no result.
side() {
	say "vchiq: $1 ..."
	sleep 5
	modprobe ferry_bench_vchiq side="$1" remote="$(vpu_pid)" || return 1
	cat /sys/kernel/debug/ferry_bench_vchiq >>/tmp/bench || return 1
	rmmod ferry_bench_vchiq || return 1
	grep -qx 'wrongs 0' $vpu/stats || { cat $vpu/stats; return 1; }
}

# Memory that is imported and freed, which only ours does.
shared_memory() {
	say "vcsm ..."
	modprobe ferry_vcsm || return 1
	wait_for grep -qx 'version 2' /sys/kernel/debug/vcsm-cma/stats || return 1
	sleep 5
	modprobe ferry_bench_vcsm && cat /sys/kernel/debug/ferry_bench_vcsm >>/tmp/bench || return 1
	rmmod ferry_bench_vcsm && rmmod ferry_vcsm
}

bound_to() { [ "$(basename "$(readlink -f "/sys/bus/platform/devices/$1/driver")")" = "$2" ]; }

[ -e /sys/bus/platform/devices/$node ] || exit 0
modinfo ferry_bench_vchiq >/dev/null 2>&1 || exit 0
rc=0
modprobe ferry_sim_bcm2836 && modprobe ferry_vchiq || exit 1
wait_for link_is vchiq state running || exit 1
side thread || rc=1
side irq || rc=1
shared_memory || rc=1
rmmod ferry_vchiq || exit 1
echo reset >$vpu/do || exit 1
modprobe vchiq || exit 1
bound_to $node bcm2835_vchiq || echo $node >$drivers/bcm2835_vchiq/bind
wait_for bound_to $node bcm2835_vchiq || exit 1
side kernel || rc=1
stays ferry ferry_sim_bcm2836 ferry_sim_vchiq ferry_sim_vcsm ferry_port_irq ferry_port_loopback
exit $rc
