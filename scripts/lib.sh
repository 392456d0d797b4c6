# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by all host scripts: where things are kept, messages, locks, and the
# table of targets. Sourced, never run.

set -euo pipefail

FERRY_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
FERRY_CACHE=${FERRY_CACHE:-$HOME/.cache/ferry}
mkdir -p "$FERRY_CACHE"
FERRY_CACHE=$(cd "$FERRY_CACHE" && pwd -P)
# One key per checkout, so that two worktrees share kernels but not builds.
FERRY_KEY=$(basename "$FERRY_TOP")-$(printf '%s' "$FERRY_TOP" | sha256sum | cut -c1-8)
FERRY_BUILD=${FERRY_BUILD:-$FERRY_CACHE/build/$FERRY_KEY}
FERRY_LOG=${FERRY_LOG:-$FERRY_CACHE/log/$FERRY_KEY}
FERRY_JOBS=${FERRY_JOBS:-$(nproc)}
HOST_CC=gcc-12
CROSS_CC=aarch64-linux-gnu-gcc-12
export FERRY_CACHE FERRY_BUILD FERRY_LOG FERRY_JOBS FERRY_TOP FERRY_KEY

# Without these the build and the logs depend on who runs it.
export LC_ALL=C KBUILD_BUILD_USER=ferry KBUILD_BUILD_HOST=ferry
unset MAKEFLAGS MFLAGS MAKELEVEL CDPATH

say() { printf '%s\n' "ferry: $*" >&2; }
die() { printf '%s\n' "ferry: $*" >&2; exit 1; }

# at_exit COMMAND: run when the script ends, however it ends, last given first.
FERRY_AT_EXIT=()
at_exit() { FERRY_AT_EXIT=("$1" "${FERRY_AT_EXIT[@]}"); }
ferry_exit() {
	local rc=$? c
	# A second signal must not cut the cleaning short.
	trap - EXIT
	trap "" INT TERM HUP
	set +e
	for c in "${FERRY_AT_EXIT[@]}"; do
		eval "$c"
	done
	exit "$rc"
}
trap ferry_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The functions below must not be called where bash ignores "set -e" (if, ||,
# !): a step that failed inside would go unseen and be taken for complete.

# with_lock NAME COMMAND...: nobody else holds NAME meanwhile.
with_lock() {
	local name=$1 fd
	shift
	mkdir -p "$FERRY_CACHE/lock"
	exec {fd}>"$FERRY_CACHE/lock/${name//\//_}"
	if ! flock -n "$fd"; then
		say "waiting for another run that works on $name"
		flock "$fd"
	fi
	"$@"
	exec {fd}>&-
}

# quietly LOG WHAT COMMAND...: one line before and after; the log's tail and
# the end of the script on failure.
QUIET_WHAT=
quietly() {
	local start=$SECONDS out err
	QUIET_LOG=$1 QUIET_WHAT=$2
	shift 2
	mkdir -p "$(dirname "$QUIET_LOG")"
	say "$QUIET_WHAT ..."
	exec {out}>&1 {err}>&2
	QUIET_ERR=$err
	exec >"$QUIET_LOG" 2>&1
	"$@"
	exec >&"$out" 2>&"$err" {out}>&- {err}>&-
	say "$QUIET_WHAT: done in $((SECONDS - start)) s"
	QUIET_WHAT=
}
quiet_failed() {
	[ -n "$QUIET_WHAT" ] || return 0
	exec 2>&"$QUIET_ERR"
	tail -n 30 "$QUIET_LOG" >&2
	say "$QUIET_WHAT failed; full log: $QUIET_LOG"
}
at_exit quiet_failed

# scratch_dir NAME: a fresh directory beside the final places, so that a
# rename publishes it in one step. Leftovers of killed runs go after a day.
scratch_dir() {
	mkdir -p "$FERRY_CACHE/tmp"
	find "$FERRY_CACHE/tmp" -mindepth 1 -maxdepth 1 -mmin +1440 -exec rm -rf {} + || true
	mktemp -d "$FERRY_CACHE/tmp/$1.XXXXXX"
}

UM_TARGETS="um-6.12-debug um-6.12 um-7.2 um-6.1"
BUILD_TARGETS="amd64-6.1 amd64-6.12 amd64-7.2 arm64-6.1 arm64-6.12 arm64-7.2 um-6.1 um-6.12 um-7.2"

target_arch() { printf '%s\n' "${1%%-*}"; }
target_rel() { local r=${1#*-}; printf '%s\n' "${r%%-*}"; }

check_target() {
	case " $UM_TARGETS $BUILD_TARGETS " in
	*" $1 "*) ;;
	*) die "unknown target '$1'; there are: $(tr ' ' '\n' <<<"$UM_TARGETS $BUILD_TARGETS" | sort -u | tr '\n' ' ')" ;;
	esac
}

# target_make TARGET: the make variables of this target, one per line.
target_make() {
	local ccache=
	[ -n "${FERRY_NO_CCACHE:-}" ] || ccache=$(command -v ccache || true)
	case $(target_arch "$1") in
	um) printf '%s\n' ARCH=um "CC=${ccache:+ccache }$HOST_CC" "HOSTCC=$HOST_CC" ;;
	amd64) printf '%s\n' ARCH=x86_64 "CC=${ccache:+ccache }$HOST_CC" "HOSTCC=$HOST_CC" ;;
	arm64)
		printf '%s\n' ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- \
			"CC=${ccache:+ccache }$CROSS_CC" "HOSTCC=$HOST_CC"
		;;
	esac
}

# run_child COMMAND...: its exit status is in CHILD_RC. A signal ends us at
# once, and the child with us; in the foreground bash would wait for it first.
run_child() {
	CHILD_RC=0
	"$@" &
	CHILD=$!
	# shellcheck disable=SC2034 # for the caller
	wait "$CHILD" || CHILD_RC=$?
	CHILD=
}
child_kill() {
	[ -n "${CHILD:-}" ] || return 0
	kill -TERM "$CHILD" 2>/dev/null
	wait "$CHILD"
}
at_exit child_kill

# list_files: what belongs to the project, relative to its top.
list_files() {
	if git -C "$FERRY_TOP" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$FERRY_TOP" ls-files -co --exclude-standard
	else
		(cd "$FERRY_TOP" && find . -type f -printf '%P\n')
	fi | sort -u | while read -r f; do
		[ ! -f "$FERRY_TOP/$f" ] || printf '%s\n' "$f"
	done
}
