# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Loads the suites named (default: every *_kunit module), one after the other,
# and copies the results block of each to the host. Then everything is unloaded,
# and where the kernel has kmemleak nothing may have leaked.

. /ferry/lib.sh

RESULTS=/sys/kernel/debug/kunit
OUT=/host/results
rc=0

suites() {
	if [ $# -gt 0 ]; then
		printf '%s\n' "$@"
	else
		sed -n 's#^\(.*/\)\{0,1\}\([^/:]*_kunit\)\.ko:.*#\2#p' "/lib/modules/$(uname -r)/modules.dep"
	fi
}

# The results of the module that was just loaded: directories not seen before.
collect() {
	local module=$1 n=0 dir suite
	for dir in "$RESULTS"/*/; do
		[ -f "${dir}results" ] || continue
		suite=$(basename "$dir")
		grep -qxF "$suite" /tmp/seen && continue
		echo "$suite" >>/tmp/seen
		mkdir -p "$OUT/$module"
		cat "${dir}results" >"$OUT/$module/$suite"
		n=$((n + 1))
	done
	[ "$n" -gt 0 ]
}

mkdir -p "$OUT"
# Suites make allocations fail one by one (current->fail_nth), those that may wait, too.
if [ -d /sys/kernel/debug/failslab ]; then
	echo N >/sys/kernel/debug/failslab/ignore-gfp-wait
	echo 0 >/sys/kernel/debug/failslab/verbose
fi
: >/tmp/seen
for dir in "$RESULTS"/*/; do
	basename "$dir" >>/tmp/seen
done
leak_start
for m in $(suites "$@"); do
	echo "=== $m"
	echo "$m" >>"$OUT/.started"
	start=$(cut -d. -f1 /proc/uptime)
	if ! modprobe "$m"; then
		say "$m: does not load"
		rc=1
	elif ! collect "$m"; then
		say "$m: loaded, but it has no results"
		rc=1
	fi
	say "$m: $(($(cut -d. -f1 /proc/uptime) - start)) s of guest time"
done
leak_check "while loaded" || rc=1
unload_all || rc=1
leak_check "after unloading" || rc=1
exit $rc
