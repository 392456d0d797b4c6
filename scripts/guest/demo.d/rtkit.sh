# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Apple RTKit: a simulated SMC is woken, its keys are read and written, messages are echoed;
# it is quiesced and woken, crashes with a log, is reset, and all goes on.

sim=/sys/kernel/debug/ferry-sim-rtkit/sim-iop
count=${COUNT:-50000}

# say_key NAME: what it holds.
say_key() {
	echo "$1" >"$dir/smc/key" || return 1
	say "key $1: $(sed -n 's/^bytes //p' "$dir/smc/key"), $(sed -n 's/^type //p' "$dir/smc/key")"
}

# Adds what it did to /tmp/rtkit.
traffic() {
	modprobe ferry_traffic link="$link" channels=33 size=8 count="$((count / 2))" || return 1
	dmesg | sed -n 's/.*ferry_traffic: .*: \([0-9]*\) messages, .* \([0-9]*\) ms, ok/\1 \2/p' |
		tail -n 1 >>/tmp/rtkit
	rmmod ferry_traffic
}

wrongs() { [ "$(sed -n 's/^wrongs //p' "$sim/stats")" = 0 ]; }

: >/tmp/rtkit
modprobe ferry_sim_rtkit || exit 1
modprobe ferry_smc || exit 1
link=$(basename /sys/class/ferry/*smc*)
class=/sys/class/ferry/$link dir=/sys/kernel/debug/ferry/$link
say "link $link: $(cat "$class/state"), version $(sed -n 's/^version //p' "$dir/rtkit"), $(sed 1d "$dir/smc/keys" | wc -l) keys"
echo gP01=cafe0042 >"$dir/smc/key" || exit 1
say_key gP01 || exit 1
say_key TC0P || exit 1
traffic || exit 1

events=/sys/kernel/tracing/events/ferry_smc/enable
echo 1 >$events || exit 1
echo "notify 0x71130000" >"$sim/do" || exit 1
wait_for grep -q "ferry_smc_notification: link=$link event=0x71130000" /sys/kernel/tracing/trace || exit 1
echo 0 >$events
say "trace: $(grep -o 'ferry_smc_notification.*' /sys/kernel/tracing/trace)"

echo "log demo.c:7 the firmware says something" >"$sim/do"
wait_for grep -q "demo.c:7: the firmware says something" "$dir/syslog" || exit 1
say "syslog: $(tail -n 1 "$dir/syslog")"

echo quiesce >"$class/state" || exit 1
say "link $link: $(cat "$class/state"), co-processor: $(cat "$sim/state")"
echo wake >"$class/state" || exit 1
say "link $link: $(cat "$class/state"), co-processor: $(cat "$sim/state")"
wrongs || { cat "$sim/stats"; exit 1; }

echo crash >"$sim/do"
wait_for link_is "$link" state crashed || exit 1
say "link $link: $(cat "$class/state"): $(cat "$class/crash_reason")"
dump=$(echo /sys/class/devcoredump/devcd*/data)
grep -E '^(string|sp) ' "$dump" | sed 's/^/FERRY> crashlog: /' || exit 1
echo 1 >"$dump"

# Reset by hand, as nothing here controls its CPU; its hello waits in the mailbox.
echo reset >"$sim/do" && echo run >"$sim/do" && echo start >"$class/state" || exit 1
say "link $link: $(cat "$class/state"), epoch $(cat "$class/epoch")"
wait_for say_key gP01 || exit 1
traffic || exit 1
wrongs || { cat "$sim/stats"; exit 1; }
awk '{ n += $1; t += $2 } END { printf "FERRY> rtkit: %d messages, %d ms, ok\n", n, t }' /tmp/rtkit
