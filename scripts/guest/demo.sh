# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Runs every demonstration, then unloads all modules, loads them again and
# unloads them again: nothing may stay behind.

. /ferry/lib.sh

run_all /ferry/demo.d "$@" || exit 1

loaded=$(cat /tmp/was_loaded 2>/dev/null || ferry_loaded)
[ -n "$loaded" ] || { say "no module was loaded"; exit 1; }
unload_all || exit 1
for m in $loaded; do
	modprobe "$m" || { say "$m does not load again"; exit 1; }
done
unload_all || exit 1
left=$(ferry_loaded)
[ -z "$left" ] || { say "still loaded: $left"; exit 1; }
# shellcheck disable=SC2086
say "unloaded, loaded and unloaded again:" $loaded
