# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# SMD and the rpmsg bus: a simulated RPM and modem echo messages of all sizes to an rpmsg
# client, then the kernel's own smd-rpm driver sends requests that the RPM acknowledges.

sim=/sys/kernel/debug/ferry-sim-smd
rpm=$sim/edge15 modem=$sim/edge0
modprobe ferry_sim_smd || exit 1
modprobe qcom_hwspinlock || exit 1
modprobe ferry_smem || exit 1
echo "create rpm_requests 1024 words leader rpm" >$rpm/do || exit 1
echo "create words-a 8192 words leader" >$rpm/do || exit 1
echo "create words-b 1024 words follower" >$rpm/do || exit 1
echo "create bytes-a 8192 leader" >$modem/do || exit 1
echo "create bytes-b 3200 follower" >$modem/do || exit 1
modprobe ferry_smd || exit 1
modprobe ferry_rpmsg || exit 1

modprobe ferry_rpmsg_traffic names=words-a,words-b,bytes-a,bytes-b max=8160,1000,8160,3160 \
	count="$((${COUNT:-50000} / 4))" || exit 1
dmesg | sed -n 's/.*ferry_rpmsg_traffic: .*: \([0-9]*\) messages out, \([0-9]*\) in, \([0-9]*\) bytes in, \([0-9]*\) ms, ok/\1 \2 \3 \4/p' |
	tail -n 4 | awk '{ n += $1 + $2; b += 2 * $3; t = $4 > t ? $4 : t }
		END { printf "FERRY> smd: %d messages, %d bytes, %d channels, %d ms, ok\n", n, b, NR, t }'
rmmod ferry_rpmsg_traffic

# The kernel's driver takes one request at a time.
modprobe smd-rpm || exit 1
modprobe ferry_rpm_requests count=1000 || exit 1
line=$(dmesg | sed -n 's/.*ferry_rpm_requests.*\(rpmsg: .*, ok\)$/FERRY> \1/p' | tail -n 1)
[ -n "$line" ] || { dmesg | grep rpm_requests | tail -n 5; exit 1; }
echo "$line"
rmmod ferry_rpm_requests smd-rpm
