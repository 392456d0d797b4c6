# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Loads each bench module (ferry_*_bench.ko, or those named) and reads its
# debugfs file /sys/kernel/debug/MODULE, which measures while it is read and
# gives lines "CASE SIZE UNIT VALUE FLOOR":
#
#   core-one-way 64 ns 120 45
#
# UNIT is ns or insn per message; FLOOR is the same work without us.
#
# Then the scripts of bench.d, which write such lines, too. One that is named as a module
# would be is run alone.

. /ferry/lib.sh

rc=0
modules="$*"
[ -n "$modules" ] || modules=$(sed -n 's#^\(.*/\)\{0,1\}\([^/:]*_bench\)\.ko:.*#\2#p' "/lib/modules/$(uname -r)/modules.dep")
[ -n "$modules" ] || { say "no bench module"; exit 1; }
# The rest of boot must not be counted. Under -icount an idle second is free.
sleep 5
: >/tmp/bench
parts=$(ls /ferry/bench.d)
[ $# -eq 0 ] || parts=''
for m in $modules; do
	if [ -e "/ferry/bench.d/$m.sh" ]; then
		parts="$parts $m.sh"
		continue
	fi
	say "$m ..."
	if ! modprobe "$m" || ! cat "/sys/kernel/debug/$m" >>/tmp/bench; then
		say "$m failed"
		rc=1
	fi
	rmmod "$m" || rc=1
done
for p in $parts; do
	# shellcheck source=/dev/null
	(. "/ferry/bench.d/$p") </dev/null || { say "$p failed"; rc=1; }
done
[ -s /tmp/bench ] || rc=1
unload_all || rc=1
exit $rc
