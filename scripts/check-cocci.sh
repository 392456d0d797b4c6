#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Coccinelle: the kernel's rules and ours (scripts/coccinelle) over all sources.
# Not through the kernel's "make coccicheck": that stops at the first rule that
# needs an OCaml compiler, and runs one rule at a time.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$FERRY_TOP"

if [ "${1:-}" = --rule ]; then
	# Options are in the rule's own header, as coccicheck reads them.
	options=$(sed -n 's/^\/\/[[:space:]]*Options:[[:space:]]*//p' "$2" | tr '\n' ' ')
	# shellcheck disable=SC2086
	timeout 1500 spatch -D report --no-show-diff --very-quiet --cocci-file "$2" $options \
		--include-headers --dir "$3" >"$4/$(tr / _ <<<"$2")" 2>"$4/err.$(basename "$2")" ||
		echo "$2:0:0-0: spatch failed: $(tail -n 1 "$4/err.$(basename "$2")")" >"$4/failed.$(basename "$2")"
	exit 0
fi

src=$("$FERRY_TOP/scripts/kernel.sh" src-6.12)
work=$(scratch_dir cocci)
at_exit "rm -rf '$work'"
mkdir "$work/out" "$work/src"
list_files | grep -E '^(drivers|include|kunit|samples|bench)/.*\.[ch]$' |
	rsync -a --files-from=- ./ "$work/src/"

{
	grep -rlE '^virtual report' "$src/scripts/coccinelle" --include='*.cocci' |
		xargs -d '\n' grep -LE '@(initialize|script|finalize):ocaml|^(initialize|script|finalize):ocaml'
	find scripts/coccinelle -name '*.cocci'
} | sort >"$work/rules"
xargs -d '\n' -P "$FERRY_JOBS" -I{} "$0" --rule {} "$work/src" "$work/out" <"$work/rules"

sed "s#$work/src/##" "$work"/out/* | grep -E '^[^ ]+:[0-9]+:[0-9]+' | sort -u >"$work/found" || true
echo "$(wc -l <"$work/rules") rules"
[ -s "$work/found" ] || exit 0
cat "$work/found"
exit 1
