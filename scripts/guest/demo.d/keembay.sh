# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Keem Bay: the sample client, then traffic of all sizes in both classes at once, then
# messages that nobody copies, of a client in the kernel and of a program.

modprobe ferry_sim_keembay || exit 1
modprobe ferry_keembay || exit 1
link=keembay
say "link $link: $(cat "/sys/class/ferry/$link/state")"
modprobe ferry_echo link="$link" channel=16 || exit 1
modprobe ferry_traffic link="$link" channels=1,5,20,900 count="${COUNT:-50000}" || exit 1
dmesg | sed -n 's/.*ferry_traffic: \(.*messages.*\)/FERRY> \1/p' | tail -n 1
rmmod ferry_traffic ferry_echo

# The VPU cuts its memory from the start again: messages of whole pages are aligned then.
echo restart >/sys/class/ferry/$link/state || exit 1
for dmabuf in N Y; do
	modprobe ferry_zerocopy link="$link" channel=30 dmabuf=$dmabuf || exit 1
	dmesg | sed -n 's/.*ferry_zerocopy: \(.*messages.*\)/FERRY> \1/p' | tail -n 1
	rmmod ferry_zerocopy
done

# The same from user space: buffers of the link, and memory of the program's own.
echo 4 >/proc/sys/vm/nr_hugepages
ferry echo-test "$link" 31 --buf --size 65536 --count 100 >/tmp/out 2>&1 || { cat /tmp/out; exit 1; }
ferry echo-test "$link" 31 --import --size 4096 --count 100 >>/tmp/out || exit 1
ferry echo-test "$link" 31 --import --size 65536 --count 4 >>/tmp/out || exit 1
sed 's/^/FERRY> a program: /' /tmp/out
echo 0 >/proc/sys/vm/nr_hugepages
