#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Installs the Debian packages of the build machine that are missing: as root,
# with sudo, or else it prints the command to type. Nothing foreign, no kernel.
#
#   host-packages.sh demo|check|docs

set -euo pipefail

DEMO="make gcc-12 gcc-12-aarch64-linux-gnu qemu-system-arm device-tree-compiler
	cpp-12 kmod cpio gzip xz-utils rsync procps pahole ccache
	libc6-dev-arm64-cross"
CHECK="flex bison bc libelf-dev libssl-dev libc6-dev
	busybox-static sparse coccinelle dt-schema shellcheck universal-ctags codespell
	python3 python3-sphinx perl git file"

case ${1:-} in
demo) wanted=$DEMO ;;
docs) wanted="python3-sphinx perl $DEMO" ;;
check) wanted="$DEMO $CHECK" ;;
*) echo "usage: $0 demo|check|docs" >&2; exit 2 ;;
esac

missing=()
for p in $wanted; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)" = installed ] ||
		missing+=("$p")
done
[ ${#missing[@]} -gt 0 ] || exit 0

run=
if [ "$(id -u)" -ne 0 ]; then
	if ! sudo -n true 2>/dev/null && ! { [ -t 0 ] && command -v sudo >/dev/null; }; then
		echo "ferry: these packages are missing; as root:" >&2
		echo "    apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
		exit 1
	fi
	run=sudo
fi
echo "ferry: installing ${missing[*]}" >&2
log=$(mktemp)
if ! { $run apt-get -q update &&
	$run env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}"; } \
	>"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "ferry: installing failed; full log: $log" >&2
	exit 1
fi
rm -f "$log"
