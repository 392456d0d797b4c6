# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Messages without a copy on the board: from user space through the device node, and
# from a client in the kernel. The VPU echoes every byte.

command -v ferry >/dev/null || { say "no tool: is libc6-dev-arm64-cross installed?"; exit 0; }
modprobe ferry_sim_keembay || exit 1
modprobe ferry_keembay || exit 1
link=keembay
echo start >/sys/class/ferry/$link/state || exit 1
rc=0

# try NAME COMMAND...: its output is shown, and its exit status a result.
try() {
	local name=$1
	shift
	if "$@" >/tmp/out 2>&1; then pass "$name"; else fail "$name"; rc=1; fi
	sed 's/^/FERRY> /' /tmp/out
}

try "tool lists the link" sh -c "ferry ls | grep -q '^keembay .*running'"
try "tool knows a channel" sh -c "ferry info $link 20 | grep -q '^buf_max 4294967295'"
# fresh: the VPU cuts its memory from the start again, so whole pages are aligned.
fresh() { echo stop >/sys/class/ferry/$link/state && echo start >/sys/class/ferry/$link/state; }

# shown COUNT COMMAND...: so many messages came back without a copy.
shown() {
	local count=$1
	shift
	"$@" && grep -q "compared, $count not copied: ok" /tmp/out
}

try "tool copies" ferry echo-test $link 20 --count 200
try "tool copies the largest" ferry echo-test $link 20 --size 65536 --count 20
try "tool sends odd buffers" ferry echo-test $link 21 --buf --size 777 --count 50
fresh
try "tool sends buffers" shown 200 ferry echo-test $link 21 --buf --size 4096 --count 200
try "tool sends big buffers" shown 20 ferry echo-test $link 21 --buf --size 65536 --count 20
fresh
try "tool sends imports" shown 50 ferry echo-test $link 22 --import --size 4096 --count 50
# One for each message: a page is back some time after its echo.
echo 8 >/proc/sys/vm/nr_hugepages
try "tool sends huge imports" shown 5 ferry echo-test $link 22 --import --size 65536 --count 5
fresh
try "tool shares a file" ferry fd-test $link 24 --buf --count 500

# What is wrong is said, and nothing hangs.
ferry info $link 2000 2>/dev/null && rc=1
echo stop >/sys/class/ferry/$link/state
timeout 20 ferry echo-test $link 20 2>/tmp/out && rc=1
grep -q 'Link has been severed' /tmp/out || { fail "tool says that the link is down"; rc=1; }
echo start >/sys/class/ferry/$link/state
try "tool works again" ferry echo-test $link 20

# A file that is open when its link goes.
ferry recv $link 30 >/dev/null 2>/tmp/out &
sleep 0.5
echo keembay-ipc >/sys/bus/platform/drivers/ferry-keembay/unbind
wait $! && rc=1
grep -q 'No such device' /tmp/out || { fail "a reader learns that the link is gone"; rc=1; }
echo keembay-ipc >/sys/bus/platform/drivers/ferry-keembay/bind

if modprobe ferry_zerocopy link=$link channel=23 2>/dev/null; then
	dmesg | sed -n 's/.*ferry_zerocopy: \(.*messages.*\)/FERRY> \1/p'
	rmmod ferry_zerocopy
else
	fail "sample without copies"
	rc=1
fi
exit $rc
