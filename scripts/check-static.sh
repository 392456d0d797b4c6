#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The checks that read the sources. Each prints what is wrong and exits 1.
#
#   check-static.sh NAME     one of: spdx size shellcheck codespell layers headers
#                            checkpatch kernel-doc bindings sparse cocci
#                            lists docs rpmsg-btf

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
S=$FERRY_TOP/scripts
cd "$FERRY_TOP"

files() { list_files | grep -E -- "$1" || true; }

# verdict WHAT FILE: nothing in FILE is good.
verdict() {
	[ -s "$2" ] || return 0
	cat "$2"
	echo "$1: $(wc -l <"$2") lines above"
	return 1
}

check_spdx() {
	local f want
	list_files | grep -vE '^(COPYING|README\.md|NEWS\.md|\.gitignore|\.clang-format|\.editorconfig)$|\.(svg|png)$' |
		while read -r f; do
			case $f in
			dt-bindings/*.yaml) want='(GPL-2.0-only OR BSD-2-Clause)' ;;
			include/uapi/*) want='GPL-2.0-only WITH Linux-syscall-note' ;;
			*) want='GPL-2.0-only' ;;
			esac
			head -n 3 "$f" | grep -qF "SPDX-License-Identifier: $want" ||
				echo "$f: no 'SPDX-License-Identifier: $want' at the top"
		done >"$OUT"
	verdict spdx "$OUT"
}

# Functions of at most 80 lines; files of 700, suites of 900.
check_size() {
	local f max n
	files '\.(c|h|sh|py)$' | while read -r f; do
		max=700
		case $f in kunit/*) max=900 ;; esac
		n=$(wc -l <"$f")
		[ "$n" -le "$max" ] || echo "$f: $n lines, more than $max"
	done >"$OUT"
	files '\.c$' | ctags -L - -x --kinds-C=f --fields=+ne --_xformat='%F %n %{end} %N' |
		awk '$3 - $2 + 1 > 80 { print $1 ":" $2 ": " $4 "() has " $3 - $2 + 1 " lines, more than 80" }' >>"$OUT"
	verdict size "$OUT"
}

check_shellcheck() {
	local list
	mapfile -t list < <(files '\.sh$|^scripts/guest/init$|^\.ci/run$')
	# 1090, 1091: what guests source is only there in the guest. 2317: a function
	# that is called by the name in a variable is not unreachable.
	shellcheck -x -e SC1090,SC1091,SC2317 "${list[@]}"
}

check_codespell() {
	local list
	mapfile -t list < <(files . | grep -vE '^COPYING$|\.(svg|png)$')
	codespell --ignore-words scripts/codespell-ignore -- "${list[@]}"
}

check_layers() { "$S/check-layers.sh"; }

# Each public header is compiled alone, first and twice.
check_headers() {
	local dir kdir vars n=0 h
	kdir=$("$S/kernel.sh" arm64-6.12)
	dir=$(scratch_dir headers)
	at_exit "rm -rf '$dir'"
	{
		echo "ccflags-y := \$(addprefix -I,\$(wildcard $FERRY_TOP/include $FERRY_TOP/include/uapi))"
		echo "obj-m := headers.o"
	} >"$dir/Kbuild"
	echo 'MODULE_LICENSE("GPL"); MODULE_DESCRIPTION("headers"); ' | sed '1i #include <linux/module.h>' >"$dir/last.c"
	echo "headers-y := last.o" >>"$dir/Kbuild"
	while read -r h; do
		n=$((n + 1))
		printf '#include <%s>\n#include <%s>\n' "${h#include/}" "${h#include/}" >"$dir/h$n.c"
		echo "headers-y += h$n.o" >>"$dir/Kbuild"
	done < <(files '^include/linux/.*\.h$')
	mapfile -t vars < <(target_make arm64-6.12)
	make -k -C "$kdir" M="$dir" "${vars[@]}" W=1 -j"$FERRY_JOBS" modules >"$dir/log" 2>&1 || true
	grep -E '(warning|error):' "$dir/log" | grep -v 'the compiler differs' >"$OUT" || true
	[ -f "$dir/headers.ko" ] || echo "not built" >>"$OUT"
	verdict headers "$OUT"
	echo "$n headers compile alone"
}

# Headers of trace events have a layout of their own everywhere in the kernel.
check_checkpatch() {
	local src pl
	src=$("$S/kernel.sh" src-6.12)
	pl=(perl "$src/scripts/checkpatch.pl" --no-tree --strict --terse --show-types
		--no-summary --max-line-length=100)
	{
		files '\.(c|h|dtso)$' | grep -v '^include/trace/' | xargs -r -d '\n' -P 2 -n 8 "${pl[@]}" -f || true
		files '^include/trace/.*\.h$' | xargs -r -d '\n' "${pl[@]}" \
			--ignore PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE,MULTISTATEMENT_MACRO_USE_DO_WHILE -f || true
	} >"$OUT"
	verdict checkpatch "$OUT"
}

check_kernel_doc() {
	local src list
	src=$("$S/kernel.sh" src-6.12)
	mapfile -t list < <(files '^(include|drivers)/.*\.[ch]$')
	perl "$src/scripts/kernel-doc" -none -Wall -Werror "${list[@]}" >"$OUT" 2>&1 || echo "kernel-doc failed" >>"$OUT"
	verdict kernel-doc "$OUT"
}

check_bindings() { "$S/check-bindings.sh"; }

# Each file is seen once per kernel: the arm64 build has the drivers as on a
# board, the UML build has the suites.
check_sparse() { "$S/build.sh" --sparse arm64-6.12 um-6.12 >/dev/null; }

check_cocci() { "$S/check-cocci.sh"; }

check_lists() { "$S/check-lists.sh"; }

# Our copy of rpmsg's private operations, against what Debian's arm64 kernels really have;
# and a wrong fact is found.
check_rpmsg_btf() {
	local deb src common
	"$S/kernel.sh" arm64-6.12 arm64-7.2 board >/dev/null
	deb=$FERRY_CACHE/deb
	common=$(echo "$deb"/arm64-6.12/usr/src/linux-headers-*-common)
	set -- "$common" "$deb"/arm64-6.12/usr/src/linux-headers-*-arm64/vmlinux \
		"$deb"/arm64-6.12/lib/modules/*/kernel/drivers/rpmsg/rpmsg_core.ko*
	"$S/rpmsg-btf.py" "$@"
	src=$("$S/kernel.sh" src-7.2)
	"$S/rpmsg-btf.py" "$src" "$deb"/arm64-7.2/usr/src/linux-headers-*-arm64/vmlinux
	shift
	if "$S/rpmsg-btf.py" "$src" "$@" >"$OUT"; then
		echo "the operations of 7.2 are taken for those of 6.12"
		return 1
	fi
}

check_docs() { "$S/docs.sh"; }

OUT=$(scratch_dir static)/out
at_exit "rm -rf '$(dirname "$OUT")'"
declare -F "check_${1//-/_}" >/dev/null || die "usage: $0 NAME (see the head of this file)"
"check_${1//-/_}"
