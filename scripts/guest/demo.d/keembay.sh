# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Keem Bay: the sample client, then traffic of all sizes in both classes at once, then
# messages that nobody copies.

modprobe ferry_sim_keembay || exit 1
modprobe ferry_keembay || exit 1
link=keembay
say "link $link: $(cat "/sys/class/ferry/$link/state")"
modprobe ferry_echo link="$link" channel=16 || exit 1
modprobe ferry_traffic link="$link" channels=1,5,20,900 count="${COUNT:-50000}" || exit 1
dmesg | sed -n 's/.*ferry_traffic: \(.*messages.*\)/FERRY> \1/p' | tail -n 1
modprobe ferry_zerocopy link="$link" channel=30 || exit 1
dmesg | sed -n 's/.*ferry_zerocopy: \(.*messages.*\)/FERRY> \1/p' | tail -n 1
rmmod ferry_zerocopy ferry_traffic ferry_echo
