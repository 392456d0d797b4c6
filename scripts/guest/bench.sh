# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Loads the benchmarks; their "bench ..." lines are in the log.

. /ferry/lib.sh

case $1 in
instructions)
	sleep 5	# let the rest of the boot end, or it is counted, too
	modprobe ferry_bench instructions=1 || exit 1
	;;
*)
	modprobe ferry_bench || exit 1
	;;
esac
dmesg | sed -n 's/^\(\[[^]]*\] \)*bench /FERRY> bench /p'
unload_all
