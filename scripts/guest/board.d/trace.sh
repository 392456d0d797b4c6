# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# The recipes of Documentation/concepts.rst, which shows the lines between the marks.

modprobe ferry_sim_keembay || exit 1
modprobe ferry_keembay || exit 1
echo start >/sys/class/ferry/keembay/state || exit 1
cd /sys/kernel/tracing || exit 1

# events:
echo 1 >events/ferry/enable
# bytes:
echo 'hist:keys=link,number:vals=len:sort=len.descending' >events/ferry/ferry_send/trigger
# answers:
echo 'ferry_rtt u64 usecs; u32 number' >synthetic_events
echo 'hist:keys=link,number:t0=common_timestamp.usecs' >>events/ferry/ferry_send/trigger
# shellcheck disable=SC2016
rtt='hist:keys=link,number:usecs=common_timestamp.usecs-$t0:onmatch(ferry.ferry_send).trace(ferry_rtt,$usecs,number)'
echo "$rtt" >events/ferry/ferry_recv/trigger
echo 'hist:keys=number,usecs.log2' >events/synthetic/ferry_rtt/trigger
# traffic:

modprobe ferry_echo link=keembay channel=20 || exit 1
cp trace /tmp/trace
cp events/ferry/ferry_send/hist /tmp/bytes
cp events/synthetic/ferry_rtt/hist /tmp/answers

# away:
echo '!hist:keys=number,usecs.log2' >events/synthetic/ferry_rtt/trigger
echo "!$rtt" >events/ferry/ferry_recv/trigger
echo '!hist:keys=link,number:t0=common_timestamp.usecs' >events/ferry/ferry_send/trigger
echo '!hist:keys=link,number:vals=len:sort=len.descending' >events/ferry/ferry_send/trigger
echo '!ferry_rtt' >>synthetic_events
echo 0 >events/ferry/enable
# end

rmmod ferry_echo
[ "$(grep -c 'ferry_send: link=keembay channel= number=20 len=' /tmp/trace)" -eq 100 ] || exit 1
[ "$(grep -c 'ferry_recv: link=keembay channel= number=20 len=' /tmp/trace)" -eq 100 ] || exit 1
grep -q 'link: keembay .*number: *20 } hitcount: *100 ' /tmp/bytes || exit 1
# An answer may come, on another CPU, before its message is recorded as sent.
grep -qE 'Hits: (100|9[0-9])' /tmp/answers || exit 1
! grep -l '^hist' events/ferry/*/trigger
