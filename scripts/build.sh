#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds all modules for one or more targets, outside the source tree, with
# W=1. A warning is a failure. Prints the directory that holds the modules.
#
#   build.sh [--sparse] TARGET...        targets: see scripts/lib.sh
#
# The sources are copied to $FERRY_BUILD/TARGET/src; only what changed is built
# again.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# Not ours to change: the compiler of Debian's kernels is a point release away.
HARMLESS='warning: the compiler differs|Skipping BTF generation|\.ko due to unavailability of vmlinux'

list_sources() { list_files | grep -vE '^(\.git|\.ci|Documentation)(/|$)'; }

# copy_sources DIR: what has changed gets the time of now, whatever its own time
# is (a checkout or a copy may be older than the objects); what is gone here
# goes there, too.
copy_sources() {
	local dir=$1 new=$1.list.new old=$1.list
	mkdir -p "$dir"
	list_sources >"$new"
	touch "$old"
	comm -13 "$new" "$old" | (cd "$dir" && xargs -r -d '\n' rm -f --)
	rsync -rlp --checksum --files-from="$new" "$FERRY_TOP/" "$dir/"
	mv "$new" "$old"
}

compile() {
	local kdir=$1 dir=$2
	shift 2
	# A warning is printed only when its file is compiled: what did not end
	# clean last time, or was for another kernel, is compiled again. ccache
	# makes that cheap.
	[ "$(cat "$dir.clean" 2>/dev/null)" = "$kdir" ] || make -s -C "$kdir" M="$dir" "$@" clean
	rm -f "$dir.clean"
	make -k -C "$kdir" M="$dir" "$@" W=1 -j"$FERRY_JOBS" modules
}

explain() {
	sed "s#[^ ]*$FERRY_KEY/[^/]*/src/##" "$1" | grep -E '(warning|error|WARNING|ERROR|Error|undefined)' |
		grep -vE "$HARMLESS|^make|some warnings being treated" | sort -u | head -n 30 >&2 || true
	say "full log: $1"
}

# One line for each reason, however many suites have it.
left_out() {
	sed -n 's/^ferry: \(.*\) left out: \(.*\)$/\2|\1/p' "$1" | sort -u | awk -F'|' '
		$1 != why { if (why) print "ferry: left out, " why ":" names; why = $1; names = "" }
		{ names = names " " $2 }
		END { if (why) print "ferry: left out, " why ":" names }' >&2
}

build_one() {
	local target=$1 kdir dir log vars rc start=$SECONDS
	kdir=$("$FERRY_TOP/scripts/kernel.sh" "$target")
	dir=$FERRY_BUILD/$target/src log=$FERRY_LOG/build-$target$SUFFIX.log
	mkdir -p "$FERRY_BUILD/$target" "$FERRY_LOG"
	copy_sources "$dir"
	mapfile -t vars < <(target_make "$target")
	# Locks are lockdep's: sparse does not understand guard(), and newer kernels
	# have dropped its context annotations.
	[ -z "$SUFFIX" ] || vars+=(C=2 CF=-Wno-context)
	export CCACHE_DIR=$FERRY_CACHE/ccache CCACHE_BASEDIR=$dir CCACHE_NOHASHDIR=1
	rc=0
	# A child of its own: errors inside must stop it although we test it here.
	"$0" --compile "$kdir" "$dir" "${vars[@]}" >"$log" 2>&1 || rc=$?
	if [ "$rc" -ne 0 ]; then
		explain "$log"
		die "$target: build failed"
	fi
	if grep -E '(warning|error):|WARNING|^ERROR' "$log" | grep -vqE "$HARMLESS"; then
		explain "$log"
		die "$target: warnings"
	fi
	printf '%s\n' "$kdir" >"$dir.clean"
	left_out "$log"
	say "$target: $(find "$dir" -name '*.ko' | wc -l) modules in $((SECONDS - start)) s"
	printf '%s\n' "$dir"
}

SUFFIX=
case ${1:-} in
--compile)
	shift
	compile "$@"
	exit
	;;
--sparse)
	SUFFIX=-sparse
	shift
	;;
esac
[ $# -gt 0 ] || die "usage: $0 [--sparse] TARGET..."
for t in "$@"; do
	check_target "$t"
done
for t in "$@"; do
	with_lock "build-$FERRY_KEY-$t" build_one "$t"
done
