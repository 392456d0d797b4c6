# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Common to the two guests (uml.sh, board.sh): the initramfs, running a guest
# under a time limit without leaving a process behind, and the verdict.
# Sourced after lib.sh.

# stage_guest DIR BUSYBOX: the user space of the guest, without modules.
stage_guest() {
	local dir=$1 busybox=$2 d
	mkdir -p "$dir"/{bin,sbin,proc,sys,dev,tmp,run,host,lib/firmware,ferry}
	cp "$busybox" "$dir/bin/busybox"
	ln -sf busybox "$dir/bin/sh"
	cp "$FERRY_TOP/scripts/guest/init" "$dir/init"
	chmod +x "$dir/init"
	cp "$FERRY_TOP"/scripts/guest/*.sh "$dir/ferry/"
	for d in demo.d board.d bench.d; do
		[ ! -d "$FERRY_TOP/scripts/guest/$d" ] || cp -r "$FERRY_TOP/scripts/guest/$d" "$dir/ferry/"
	done
	stage_firmware "$dir/lib/firmware"
}

# stage_firmware DIR: what the simulated VPU of the board takes, and what it does not.
stage_firmware() {
	local make=$FERRY_TOP/scripts/keembay-firmware.py
	"$make" "$1/keembay-vpu.bin"
	"$make" --version "ferry-sim 2.0" --size 0x100000 --entry 0x1000 --cert 800 "$1/keembay-vpu2.bin"
	"$make" --damage entry "$1/keembay-bad-file.bin"
	"$make" --damage crc "$1/keembay-bad-image.bin"
}

# stage_tool DIR CROSS_COMPILE [TARGET]: what user space needs, where there is a C library.
stage_tool() {
	echo '#include <stdio.h>' | "$2gcc-12" -E - >/dev/null 2>&1 || return 0
	make -s -C "$FERRY_TOP/tools" O="$1/bin" CROSS_COMPILE="$2" "${3:-all}"
}

# stage_modules DIR KVER BUILD [MODULE_ROOT [NAME...]]: ours, what they need of
# the kernel's own modules, and the named ones of those.
stage_modules() {
	local dir=$1 kver=$2 build=$3 root=${4:-} dst ko dep
	dst=$dir/lib/modules/$kver
	mkdir -p "$dst/ferry" "$dst/kernel"
	shift $(($# < 4 ? $# : 4))
	find "$build" -name '*.ko' -exec cp -t "$dst/ferry" {} +
	if [ -n "$root" ]; then
		for ko in "$dst"/ferry/*.ko; do
			for dep in $(modinfo -F depends "$ko" | tr ',' ' '); do
				[ -f "$dst/ferry/$dep.ko" ] || set -- "$@" "$dep"
			done
		done
		for dep in "$@"; do
			stage_stock "$dst/kernel" "$kver" "$root" "$dep"
		done
	fi
	touch "$dst"/modules.{order,builtin,builtin.modinfo}
	depmod -b "$dir" "$kver"
}

# stage_stock DST KVER ROOT NAME: a module of the kernel itself with all it
# needs, decompressed.
stage_stock() {
	local ko list
	list=$(modprobe -d "$3" -S "$2" --show-depends "$4") || die "the kernel has no module $4"
	sed -n 's/^insmod \([^ ]*\).*/\1/p' <<<"$list" | while read -r ko; do
		case $ko in
		*.xz) xz -dc "$ko" >"$1/$(basename "$ko" .xz)" ;;
		*) cp "$ko" "$1/" ;;
		esac
	done
}

pack_guest() { (cd "$1" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet | gzip -1) >"$2"; }

# Every process of a guest has the name of its initramfs in its arguments, and
# no other has: UML has several processes and makes a session of its own.
guest_kill() {
	local pids
	[ -n "${GUEST_TAG:-}" ] || return 0
	pids=$(pgrep -f -- "$GUEST_TAG" || true)
	# shellcheck disable=SC2086
	[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
}

# guest_run LOG SECONDS INITRD COMMAND...: lines of the guest that start with "FERRY> "
# are passed on while it runs. The guest's own exit status says little; the
# verdict is read from the log.
guest_run() {
	local log=$1 limit=$2 tail rc=0
	GUEST_TAG=$3
	shift 3
	mkdir -p "$(dirname "$log")"
	: >"$log"
	at_exit guest_kill
	setsid timeout --foreground -k 2 "$limit" "$@" </dev/null >>"$log" 2>&1 &
	GUEST_PID=$!
	tail -q -s 0.2 -n +1 -f --pid="$GUEST_PID" "$log" 2>/dev/null |
		sed -un 's/\r$//; s/^FERRY> //p' >&"${GUEST_OUT:-1}" &
	tail=$!
	# A guest that panics ends with a signal: bash would say so, too.
	{ wait "$GUEST_PID" || rc=$?; } 2>/dev/null
	guest_kill
	wait "$tail" || true
	GUEST_RC=$rc
	[ "$rc" -ne 124 ] || echo "ferry: the guest was stopped after $limit s" >>"$log"
}

# guest_verdict LOG: 0 only when the guest said so and its kernel had nothing
# to complain about. Says why otherwise.
guest_verdict() {
	local log=$1 verdict rc=0
	verdict=$(tr -d '\r' <"$log" | sed -n 's/^.*FERRY-VERDICT: \([0-9]\{1,3\}\)$/\1/p' | tail -n 1)
	if [ "$GUEST_RC" -eq 124 ] || [ "$GUEST_RC" -eq 137 ]; then
		say "the guest did not end in time"
		rc=1
	elif [ -z "$verdict" ]; then
		say "the guest ended without a verdict (exit $GUEST_RC)"
		rc=1
	elif [ "$verdict" -ne 0 ]; then
		say "the guest's verdict: failed ($verdict)"
		rc=1
	fi
	if [ "$rc" -ne 0 ]; then
		say "last lines of the guest:"
		tail -n 12 "$log" | tr -d '\r' | sed 's/^/    /' >&2
	fi
	"$FERRY_TOP/scripts/log-scan.sh" "$log" >&2 || rc=1
	[ "$rc" -eq 0 ] || say "full log: $log"
	return "$rc"
}
