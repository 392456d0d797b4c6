# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# SMD against the same simulated remotes: the kernel's own driver, ours on the rpmsg bus,
# and ours without it. Lines go to /tmp/bench, see bench/smd.c.

rpm=/sys/kernel/debug/ferry-sim-smd/edge15
modem=/sys/kernel/debug/ferry-sim-smd/edge0

# A packet of more than a page to the kernel's driver must not wrap: see board.d/smd_sim.sh.
create_channels() {
	local dir layout c
	for c in w b; do
		dir=$rpm layout=words
		[ $c = w ] || dir=$modem layout=''
		echo "create ${c}8k-sink 8192 $layout leader sink" >"$dir/do" || return 1
		echo "create ${c}64k-sink 65536 $layout leader sink" >"$dir/do" || return 1
		echo "create ${c}8k-echo 8192 $layout leader" >"$dir/do" || return 1
		echo "create ${c}64k-echo 65536 $layout leader" >"$dir/do" || return 1
		echo "fault ${c}8k-echo straight" >"$dir/do" || return 1
		echo "fault ${c}64k-echo straight" >"$dir/do" || return 1
	done
}

remote_pid() { ps -o pid,comm | awk -v name="smd/$1" '$2 == name { print $1 }'; }

# measure SIDE NATIVE: what came wrong is no result.
measure() {
	sleep 5
	modprobe ferry_bench_smd side="$1" native="$2" remotes="$(remote_pid edge15),$(remote_pid edge0)" || return 1
	cat /sys/kernel/debug/ferry_bench_smd >>/tmp/bench || return 1
	rmmod ferry_bench_smd || return 1
	cat "$rpm/bad" "$modem/bad" >/tmp/bad
	[ ! -s /tmp/bad ] || { sed 's/^/FERRY> complaint: /' /tmp/bad; return 1; }
}

# side NAME NATIVE MODULE...
side() {
	local name=$1 native=$2 m unload='' rc=0
	shift 2
	say "smd: $name ..."
	modprobe ferry_sim_smd && create_channels || return 1
	for m in qcom_hwspinlock "$@"; do
		modprobe "$m" || return 1
		unload="$m $unload"
	done
	rpmsg_in_interrupt
	measure "$name" "$native" || rc=1
	for m in $unload ferry_sim_smd; do
		rmmod "$m" || rc=1
	done
	return $rc
}

[ -e /sys/bus/platform/devices/smd ] || exit 0
rc=0
side kernel 0 smem qcom_smd || rc=1
side rpmsg 0 ferry_smem ferry_smd ferry_rpmsg || rc=1
side native 1 ferry_smem ferry_smd || rc=1
exit $rc
