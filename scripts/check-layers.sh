#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Arrows point down (the first rule of the design): who may include what, read
# off the #include lines. Prints each line that breaks it.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$FERRY_TOP"

VENDORS="keembay smd rtkit vchiq vcsm gunyah"
# The names that the core must not know, as whole or partial identifiers.
NAMES='keem[_ ]?bay|smd|rtkit|vcsm|vchiq|gunyah|qcom|qualcomm|apple|brcm|bcm2[0-9]|intel'

files() { list_files | grep -E -- "$1" || true; }

# in_files REGEX: "file:line<TAB>header" for each include of these files, with
# the <> or "" of the header kept.
in_files() {
	local list
	mapfile -t list < <(files "$1")
	[ ${#list[@]} -eq 0 ] || grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]' "${list[@]}" |
		sed -E 's/^([^:]+:[0-9]+):[^<"]*([<"][^>"]*[>"]).*/\1\t\2/' || true
}

# found PATTERN WHY: lines whose header has PATTERN, with the reason.
found() { grep -P "\t.*$1" | sed "s#\$#\t$2#" || true; }

# What a client may include of ours.
clients() {
	in_files '^samples/.*\.[ch]$' | grep -vP "\t(<linux/(ferry|soc/qcom/smd-rpm)\.h>|<linux/ferry/(dmabuf|gunyah_rm|${VENDORS// /|})\.h>|\"[^/\"]*\")\$" |
		found "(ferry|drivers/|compat|core/|port/|sim/|${VENDORS// /|})" \
			'a client includes <linux/ferry.h>, <linux/ferry/dmabuf.h> and <linux/ferry/VENDOR.h> only'
}

# A protocol never includes another one, nor what is private elsewhere.
protocols() {
	local v others
	for v in $VENDORS; do
		others=$(tr ' ' '\n' <<<"$VENDORS" | grep -vx "$v" | paste -sd'|')
		in_files "^drivers/$v/.*\.[ch]\$" | found "[</\"]($others|core|port|sim|rpmsg)[/.]" \
			'a protocol includes no other part of drivers/' | grep -vP "\t<linux/ferry/(core|port)\.h>" || true
	done
}

# The core names no vendor, in code or comments.
core() {
	local list
	mapfile -t list < <(files '^(drivers/core/|include/linux/ferry|include/trace/)' |
		grep -vE "^include/linux/ferry/(port_)?(${VENDORS// /|}|smem|smc|sart|asc|gunyah_rm|bcm2835)\.h\$")
	[ ${#list[@]} -eq 0 ] || grep -HniE "$NAMES" "${list[@]}" |
		sed 's/$/ : the core names a vendor/' || true
	in_files '^drivers/core/' | found '[/"](port|sim|rpmsg)/' 'the core includes what stands above it'
}

# A simulated remote shares the wire format with its protocol, never logic. Where firmware
# of the SoC is asked, it may stand in for that.
sims() {
	in_files '^drivers/sim/.*\.[ch]$' | grep -vP '/(wire|smem_wire|smc_wire|rm_wire|secure)\.h[>"]$' |
		found "[/\"](core|${VENDORS// /|})/" 'a sim includes only wire.h of its protocol'
}

# Differences between kernels live in one header.
versions() {
	files '^(drivers|include|samples|kunit|bench)/.*\.[ch]$' | grep -vx drivers/compat.h |
		xargs -r -d '\n' grep -Hn 'LINUX_VERSION_CODE\|KERNEL_VERSION(' |
		sed 's/$/ : only drivers\/compat.h asks for the version/' || true
}

# Wire formats cite sizes that the compiler checks.
wires() {
	local f
	for f in $(files '^drivers/[a-z]*/([a-z]*_)?wire\.h$'); do
		grep -q static_assert "$f" || echo "$f: no static_assert on size and offsets"
	done
}

lines=$(clients; protocols; core; sims; versions; wires)
[ -n "$lines" ] || exit 0
printf '%s\n' "$lines"
exit 1
