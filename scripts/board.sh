#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Boots Debian's stock arm64 kernel on QEMU's virt machine with our modules and
# device tree overlays, and runs one guest script. Exits with the guest's
# verdict; a bug report of the kernel is a failure, too.
#
#   board.sh [options] SCRIPT [ARGUMENT...]   runs scripts/guest/SCRIPT.sh
#     --overlay FILE    .dtso to merge; may be repeated (default: all of
#                       dt-bindings/overlays; "none" for none)
#     --smp N           CPUs (default 4)        --mem SIZE  default 1G
#     --parallel        each CPU is a thread of the host; else they take turns, which
#                       is 10 to 50 times faster when the host has fewer cores, as no
#                       CPU spins for a lock whose holder does not run
#     --icount          one CPU, virtual time counts instructions: repeats exactly
#     --modules "A B"   of the kernel's own modules (what ours need is there; default: peers)
#     --append ARGS     more for the kernel command line
#     --timeout SECONDS default 300             --log NAME  --no-build

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/lib-guest.sh
. "$(dirname "$0")/lib-guest.sh"

overlays=() thread=single smp=4 mem=1G icount='' extra='qcom_hwspinlock smem qcom_smd smd-rpm clk-smd-rpm wcnss_ctrl vchiq' append='' limit=300 logname='' build=1
while [ $# -gt 0 ]; do
	case $1 in
	--overlay) overlays+=("$2"); shift ;;
	--smp) smp=$2; shift ;;
	--mem) mem=$2; shift ;;
	--icount) icount=1 ;;
	--parallel) thread=multi ;;
	--modules) extra=$2; shift ;;
	--append) append=$2; shift ;;
	--timeout) limit=$2; shift ;;
	--log) logname=$2; shift ;;
	--no-build) build='' ;;
	-*) die "unknown option $1" ;;
	*) break ;;
	esac
	shift
done
[ $# -gt 0 ] || die "usage: $0 [options] SCRIPT [ARGUMENT...]"
script=$1
shift
log=$FERRY_LOG/${logname:-board-$script}.log

# merge_dtb MACHINE_ARGS...: the machine's own tree plus the overlays.
merge_dtb() {
	local o n=0
	qemu-system-aarch64 "${machine[@]/%,dtb-randomness=off/,dtb-randomness=off,dumpdtb=$work/virt.dtb}" \
		>"$work/dumpdtb.log" 2>&1 || { cat "$work/dumpdtb.log" >&2; die "cannot dump the machine's device tree"; }
	# As dumped it is 1 MiB, mostly empty; QEMU doubles that, and arm64 takes 2 MiB.
	dtc -q -I dtb -O dtb -o "$work/packed.dtb" "$work/virt.dtb"
	mv "$work/packed.dtb" "$work/virt.dtb"
	for o in "${overlays[@]}"; do
		n=$((n + 1))
		cpp-12 -nostdinc -undef -x assembler-with-cpp -P -I "$includes" "$o" -o "$work/$n.dts"
		dtc -q -I dts -O dtb -o "$work/$n.dtbo" "$work/$n.dts" || die "$o does not compile"
		fdtoverlay -i "$work/virt.dtb" -o "$work/merged.dtb" "$work/$n.dtbo" || die "$o does not apply"
		mv "$work/merged.dtb" "$work/virt.dtb"
	done
}

root=$("$FERRY_TOP/scripts/kernel.sh" board)
abi=$(cat "$root/abi")
if [ -n "$build" ]; then
	"$FERRY_TOP/scripts/build.sh" arm64-6.12 >/dev/null
fi
work=$(scratch_dir board)
at_exit "rm -rf '$work'"

[ ${#overlays[@]} -gt 0 ] || mapfile -t overlays < <(ls "$FERRY_TOP"/dt-bindings/overlays/*.dtso 2>/dev/null)
[ "${overlays[*]:-}" != none ] || overlays=()
includes=$(echo "$root"/usr/src/linux-headers-*-common/include)
machine=(-machine "virt,gic-version=3,dtb-randomness=off" -cpu cortex-a57 -m "$mem" -nographic -nic none)
# Registers at which a write is an interrupt, for simulations that need such.
machine+=(-device edu)
if [ -n "$icount" ]; then
	machine+=(-smp 1 -icount "shift=0,sleep=off" -rtc "base=2026-01-01,clock=vm")
else
	machine+=(-smp "$smp" -accel "tcg,thread=$thread")
fi
merge_dtb

stage_guest "$work/root" "$root/bin/busybox"
stage_tool "$work/root" aarch64-linux-gnu-
# shellcheck disable=SC2086
stage_modules "$work/root" "$abi" "$FERRY_BUILD/arm64-6.12/src" "$root" $extra
pack_guest "$work/root" "$work/initrd.gz"
rm -rf "$work/root"

cmdline="console=ttyAMA0 quiet panic=-1 oops=panic log_buf_len=4M guest.run=$script"
[ $# -eq 0 ] || cmdline+=" guest.args=$(IFS=,; echo "$*")"
say "running $script on the board (limit $limit s)"
guest_run "$log" "$limit" "$work/initrd.gz" qemu-system-aarch64 "${machine[@]}" -dtb "$work/virt.dtb" \
	-kernel "$root/boot/vmlinuz-$abi" -initrd "$work/initrd.gz" -no-reboot \
	-append "$cmdline $append"
guest_verdict "$log"
