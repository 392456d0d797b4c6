#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device tree schemas: dt-bindings/**/*.yaml and the example in each. The tools
# exit 0 whatever they find, so any output is a failure.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$FERRY_TOP/dt-bindings" 2>/dev/null || die "there is no dt-bindings directory"

src=$("$FERRY_TOP/scripts/kernel.sh" src-6.12)
work=$(scratch_dir bindings)
at_exit "rm -rf '$work'"
mkdir "$work/dir"
mapfile -t ours < <(find . -name '*.yaml' -printf '%P\n' | sort)
[ ${#ours[@]} -gt 0 ] || die "no schema in dt-bindings"

# A schema may refer to bindings of the kernel: those come along, and theirs.
add_refs() {
	local ref file
	sed -nE 's/.*[$]ref: \/schemas\/([^ #]+).*/\1/p' "$1" | while read -r ref; do
		file=$src/Documentation/devicetree/bindings/$ref
		if [ ! -f "$file" ] || [ -f "$work/dir/$ref" ]; then
			continue
		fi
		install -D "$file" "$work/dir/$ref"
		add_refs "$file"
	done
}

example() {
	local f=$1 name
	name=$work/$(tr / _ <<<"${f%.yaml}")
	dt-extract-example "$work/dir/$f" >"$name.dts"
	cpp-12 -nostdinc -undef -x assembler-with-cpp -P -I "$src/include" "$name.dts" -o "$name.pp"
	dtc -q -I dts -O dtb -o "$name.dtb" "$name.pp"
	dt-validate -m -s "$work/processed.json" "$name.dtb"
}

for f in "${ours[@]}"; do
	install -D "$f" "$work/dir/$f"
	add_refs "$f"
done
bad=0
for f in "${ours[@]}"; do
	dt-doc-validate -u "$work/dir" "$work/dir/$f" || bad=1
done >"$work/out" 2>&1
dt-mk-schema -j "$work/dir" >"$work/processed.json" 2>>"$work/out"
for f in "${ours[@]}"; do
	example "$f" >>"$work/out" 2>&1 || echo "$f: example does not compile" >>"$work/out"
done
[ "$bad" -eq 0 ] && [ ! -s "$work/out" ] && exit 0
sed "s#$work/dir/##" "$work/out"
exit 1
