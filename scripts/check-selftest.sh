#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Can our checks fail? Plants one violation at a time in a scratch copy of the
# tree and expects the check to find it, by name. The last line is
# "N passed, N failed".

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

copy=$(scratch_dir selftest)
at_exit "rm -rf '$copy'"
passed=0 failed=0

fresh() {
	rm -rf "$copy/tree"
	mkdir "$copy/tree"
	(cd "$FERRY_TOP" && list_files | rsync -a --files-from=- ./ "$copy/tree/")
}

# expect CHECK WORDS: the check fails now, and its output has WORDS.
expect() {
	local rc=0
	(cd "$copy/tree" && FERRY_LOG=$copy/log FERRY_BUILD=$copy/build scripts/check-static.sh "$1") >"$copy/out" 2>&1 || rc=$?
	if [ "$rc" -ne 0 ] && grep -q -- "$2" "$copy/out"; then
		passed=$((passed + 1))
		echo "ok: $1 finds: $2"
	else
		failed=$((failed + 1))
		echo "not ok: $1 (exit $rc) does not find: $2"
		tail -n 5 "$copy/out"
	fi
	find "$copy/tree" -name "planted.[csh]*" -delete
}

# plant FILE: standard input goes there.
plant() { mkdir -p "$(dirname "$copy/tree/$1")"; cat >"$copy/tree/$1"; }

SPDX='// SPDX-License-Identifier: GPL-2.0-only'
fresh

plant drivers/core/planted.c <<<'int planted;'
expect spdx 'planted.c: no'

{ echo "$SPDX"; echo 'void planted(void)'; echo '{'; printf '	x++;%.0s\n' {1..79}; echo '}'; } | plant drivers/core/planted.c
expect size 'planted() has 82 lines'

{ echo "$SPDX"; printf '/* %s */\n' {1..700}; } | plant drivers/core/planted.c
expect size 'planted.c: 701 lines'

# shellcheck disable=SC2016 # it is for the file
printf '#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0-only\nrm $1/*\n' | plant scripts/planted.sh
expect shellcheck SC2086

# Spelled in two halves, or this file would be found.
printf '%s\n/* rec%s */\n' "$SPDX" ieve | plant drivers/core/planted.c
expect codespell planted.c

printf '%s\n#include <linux/version.h>\n#if LINUX_VERSION_CODE\n#endif\n' "$SPDX" | plant drivers/core/planted.c
expect layers 'only drivers/compat.h asks'

printf '%s\n#include <linux/ferry/link.h>\n' "$SPDX" | plant samples/planted.c
expect layers 'planted.c:2.*a client includes'

printf '%s\n#include "../keembay/rx.h"\n' "$SPDX" | plant drivers/sim/planted.c
expect layers 'a sim includes only wire.h'

printf '%s\n/* as Keembay does */\n' "$SPDX" | plant drivers/core/planted.c
expect layers 'the core names a vendor'

printf '%s\n#include "../keembay/wire.h"\n' "$SPDX" | plant drivers/smd/planted.c
expect layers 'a protocol includes no other'

printf '%s\nint planted( void );\n' "$SPDX" | plant drivers/core/planted.c
expect checkpatch 'planted.c:2: ERROR'

printf '%s\n/**\n * planted() - a function\n * @no: such parameter\n */\nint planted(int a)\n{\n}\n' "$SPDX" |
	plant drivers/core/planted.c
expect kernel-doc planted.c

printf '%s\n#ifndef _P\n#define _P\nstruct p { struct list_head l; };\n#endif\n' '/* SPDX-License-Identifier: GPL-2.0-only */' |
	plant include/linux/ferry/planted.h
expect headers 'incomplete type'

plant dt-bindings/planted.yaml <<'EOF'
# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
%YAML 1.2
---
$id: http://devicetree.org/schemas/planted.yaml#
$schema: http://devicetree.org/meta-schemas/core.yaml#
title: Planted
maintainers:
  - Nobody <nobody@example.org>
properties:
  compatible:
    const: ferry,planted
  reg:
    maxItems: 1
required:
  - compatible
  - reg
additionalProperties: false
examples:
  - |
    planted@1000 {
        compatible = "ferry,planted";
    };
EOF
expect bindings "'reg' is a required property"

# layout FACT VALUE WORDS: what is said of this kernel's rpmsg is wrong, and the compiler
# finds it by the kernel's source.
layout() {
	local kdir vars
	kdir=$("$FERRY_TOP/scripts/kernel.sh" um-6.12)
	mapfile -t vars < <(target_make um-6.12)
	fresh
	echo "ccflags-y += -UFERRY_RPMSG_$1 -DFERRY_RPMSG_$1=$2" >>"$copy/tree/scripts/Kbuild.rpmsg"
	if ! make -C "$kdir" M="$copy/tree" "${vars[@]}" drivers/rpmsg/layout.o >"$copy/out" 2>&1 &&
		grep -q -- "$3" "$copy/out"; then
		passed=$((passed + 1))
		echo "ok: layout finds: $1 is not $2"
	else
		failed=$((failed + 1))
		echo "not ok: layout does not find: $1 is not $2"
		tail -n 5 "$copy/out"
	fi
}
layout FLOW 0 'get_mtu is not as'
layout OFFCHANNEL 0 'trysend is not as'
layout CONST 1 'static assertion failed'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
