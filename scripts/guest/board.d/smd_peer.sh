# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# The kernel's own driver of SMD at one end, ours as the side that allocates at the other,
# over the same memory. An rpmsg client sends and verifies what comes back.
#
# On the command line: guest.slow=1, 100000 messages on each channel, of every size.

# shellcheck disable=SC2034 # result reads it
about="smd, kernel against ours"
rc=0

has_device() { ls -d /sys/bus/rpmsg/devices/*".$1."* >/dev/null 2>&1; }

# traffic NAMES MAXIMUM COUNT STEP GRANULE
traffic() {
	local c
	for c in $(echo "$1" | tr , ' '); do
		wait_for has_device "$c" || { say "no device $c"; return 1; }
	done
	if modprobe ferry_rpmsg_traffic names="$1" max="$2" count="$3" step="$4" granule="$5"; then
		dmesg | grep 'ferry_rpmsg_traffic.* ok$' | tail -n "$(echo "$1" | tr , '\n' | wc -l)" |
			sed 's/.*ferry_rpmsg_traffic: /FERRY> /'
		rmmod ferry_rpmsg_traffic
	else
		dmesg | grep ferry_rpmsg_traffic | tail -n 5
		return 1
	fi
}

words() {
	traffic w-1k 1000 "$small" 4 4 && traffic w-8k 8168 "$n" 4 4 &&
		traffic w-64k 65512 "$large" "$step" 4
}

bytes() {
	traffic b-1k 1000 "$small" 1 1 && traffic b-8k 8168 "$n" "$odd" 1 &&
		traffic b-64k 65512 "$large" "$step" 1
}

# Each client opens the channels anew.
again() {
	for _ in 1 2 3; do
		traffic w-1k,w-8k 1000 50 4 4 && traffic b-1k,b-8k 1000 50 1 1 || return 1
	done
}

quiet() {
	dmesg | grep -E 'the remote is broken|not sent back' >/tmp/bad || return 0
	sed 's/^/FERRY> complaint: /' /tmp/bad
	return 1
}

# Enough for every size of the two smaller rings.
small=1000 n=2100 odd=5 large=300 step=$((4 * 61))
[ -z "$(cmdline guest.slow)" ] || small=100000 n=100000 odd=1 large=100000 step=4

# The drivers of the kernel bind first, so that ours do not. The one of the edges leaves
# out what has no mailbox yet, and does not look again.
for m in ferry_sim_smd qcom_hwspinlock smem qcom_smd; do
	modprobe $m || exit 1
done
modprobe ferry_smd_peer channels=1k,8k,64k sizes=1024,8192,65536 || exit 1
dev=/sys/bus/platform/devices/smd-peer drivers=/sys/bus/platform/drivers
echo smd-peer >$drivers/qcom-smd/unbind && echo smd-peer >$drivers/qcom-smd/bind
case "$(readlink -f $dev/driver)" in
*/qcom-smd) pass "smd, kernel against ours: the kernel's driver is bound" ;;
*) say "bound: $(readlink -f $dev/driver)"; fail "smd, kernel against ours: the kernel's driver is bound"; exit 1 ;;
esac
result "words" words
result "bytes" bytes
result "closed and opened again" again
result "nothing was done wrong" quiet
for m in qcom_smd ferry_smd_peer ferry_smd ferry_smem smem qcom_hwspinlock ferry_sim_smd; do
	rmmod $m || { say "$m cannot be unloaded"; rc=1; }
done
exit $rc
