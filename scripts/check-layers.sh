#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Arrows point down (the first rule of the design): who may include what, read
# off the #include lines. Prints each line that breaks it.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$FERRY_TOP"

VENDORS="keembay smd rtkit vcsm gunyah"
# The names that the core must not know, as whole or partial identifiers.
NAMES='keembay|keem_bay|smd|rtkit|vcsm|vchiq|gunyah|qcom|qualcomm|apple|brcm|bcm2[0-9]|intel'

files() { list_files | grep -E -- "$1" || true; }

# includes FILE...: "file:line:header" for each, with <> or "" kept.
includes() {
	[ $# -eq 0 ] || grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]' "$@" |
		sed -E 's/^([^:]+:[0-9]+):[^<"]*([<"][^>"]*[>"]).*/\1:\2/'
}

in_files() {
	local list
	mapfile -t list < <(files "$1")
	[ ${#list[@]} -eq 0 ] || includes "${list[@]}" || true
}

# What a client may include of ours.
clients() {
	in_files '^samples/.*\.[ch]$' | grep -E 'ferry|drivers/|keembay|compat' |
		grep -vE ':<linux/ferry\.h>$|:<linux/ferry/('"${VENDORS// /|}"')\.h>$|:"[^/"]*"$' |
		sed 's/$/ : a client includes <linux\/ferry.h> and <linux\/ferry\/VENDOR.h> only/' || true
}

# A protocol never includes another one, nor the core's private headers.
protocols() {
	local v others
	for v in $VENDORS; do
		others=$(tr ' ' '\n' <<<"$VENDORS" | grep -vx "$v" | paste -sd'|')
		in_files "^drivers/$v/.*\.[ch]\$" | grep -E "[</\"](\.\./)*($others|core|sim|rpmsg)[/.]" |
			sed 's/$/ : a protocol includes no other part of drivers/' || true
	done
}

# The core names no vendor, in code or comments.
core() {
	local list
	mapfile -t list < <(files '^(drivers/core/|include/linux/ferry\.h|include/trace/)')
	[ ${#list[@]} -eq 0 ] || grep -HniE "$NAMES" "${list[@]}" |
		sed 's/$/ : the core names a vendor/' || true
	in_files '^drivers/core/' | grep -E '[</"](\.\./)*(port|sim|rpmsg)/' |
		sed 's/$/ : the core includes what stands above it/' || true
}

# A simulated remote shares the wire format with its protocol, never logic.
sims() {
	in_files '^drivers/sim/.*\.[ch]$' | grep -E "[/\"](core|${VENDORS// /|})/" | grep -vE '/wire\.h[>"]$' |
		sed 's/$/ : a sim includes only wire.h of its protocol/' || true
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
	for f in $(files '^drivers/[a-z]*/wire\.h$'); do
		grep -q static_assert "$f" || echo "$f: no static_assert on size and offsets"
	done
}

found=$(clients; protocols; core; sims; versions; wires)
[ -n "$found" ] || exit 0
printf '%s\n' "$found"
exit 1
