#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Boots a UML kernel with our modules and runs one guest script in it. Exits
# with the guest's verdict; a bug report of the kernel is a failure, too.
#
#   uml.sh [options] SCRIPT [ARGUMENT...]     runs scripts/guest/SCRIPT.sh
#     --kernel TARGET   um-6.12-debug (default), um-6.12, um-7.2
#     --mem SIZE        default 1G when debugging, else 512M
#     --timeout SECONDS default 300
#     --append ARGS     more for the kernel command line
#     --real-time       no time travel (um-6.12, -debug): sleeps take their time
#     --share DIR       /host in the guest (default: none)
#     --log NAME        name of the log (default: uml-SCRIPT-TARGET)
#     --no-build        use the modules as they were built last

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/lib-guest.sh
. "$(dirname "$0")/lib-guest.sh"

kernel=um-6.12-debug mem='' limit=300 append='' travel=1 share='' logname='' build=1
while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2; shift ;;
	--mem) mem=$2; shift ;;
	--timeout) limit=$2; shift ;;
	--append) append=$2; shift ;;
	--real-time) travel='' ;;
	--share) share=$2; shift ;;
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
log=$FERRY_LOG/${logname:-uml-$script-$kernel}.log

busybox=$(command -v busybox) || die "busybox-static is missing: run scripts/host-packages.sh"
kdir=$("$FERRY_TOP/scripts/kernel.sh" "$kernel")
if [ -n "$build" ]; then
	"$FERRY_TOP/scripts/build.sh" "$kernel" >/dev/null
fi
work=$(scratch_dir uml)
at_exit "rm -rf '$work'"
stage_guest "$work/root" "$busybox"
stage_tool "$work/root" "" tests
kver=$(cat "$kdir/include/config/kernel.release")
mkdir -p "$work/root/lib/modules/$kver/kernel"
find "$kdir" -name '*.ko' -exec cp -t "$work/root/lib/modules/$kver/kernel" {} +
stage_modules "$work/root" "$kver" "$FERRY_BUILD/$kernel/src"
pack_guest "$work/root" "$work/initrd.gz"
rm -rf "$work/root"

args=(initrd="$work/initrd.gz" con=null "con0=fd:0,fd:1" oops=panic panic=-1 "guest.run=$script")
[ $# -eq 0 ] || args+=("guest.args=$(IFS=,; echo "$*")")
[ -z "$share" ] || args+=("guest.host=$share")
# Suites stop and close all the time: a grace period takes ticks else.
args+=(rcupdate.rcu_expedited=1)
case $kernel in
*-debug) args+=(mem="${mem:-1G}") ;;
um-7.2) args+=(mem="${mem:-512M}" "ncpus=$((FERRY_JOBS < 2 ? 2 : FERRY_JOBS > 4 ? 4 : FERRY_JOBS))" seccomp=on) ;;
*) args+=(mem="${mem:-512M}") ;;
esac
case $kernel in
um-6.12*) [ -z "$travel" ] || args+=(time-travel) ;;
esac
# shellcheck disable=SC2206
args+=($append)

# Guest memory is a file there: on a disk the guest would wait for it.
export TMPDIR=/dev/shm
say "running $script on $kernel (limit $limit s)"
guest_run "$log" "$limit" "$work/initrd.gz" "$kdir/linux" "${args[@]}"
guest_verdict "$log"
