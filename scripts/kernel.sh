#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fetches, builds and caches kernels in $FERRY_CACHE. Needs no root.
#
#   kernel.sh TARGET...   make each ready and print one directory per line
#   kernel.sh all         everything that "make check" uses
#
# board         stock arm64 6.12 unpacked: vmlinuz, modules, headers, busybox
# src-REL       source of 6.1, 6.12 or 7.2
# um-REL[-debug], amd64-REL, arm64-REL   what KDIR is for this target
#
# Every directory appears by a rename when it is complete, or (UML) carries a
# stamp, so an interrupted run leaves nothing that looks finished.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/lib-apt.sh
. "$(dirname "$0")/lib-apt.sh"

# 7.2 is only in the newest suite.
rel_suite() { if [ "$1" = 7.2 ]; then echo sid; else echo stable; fi; }

fetch_src() {
	local rel=$1 dst=$FERRY_CACHE/src/linux-$1 suite tmp
	[ ! -d "$dst" ] || return 0
	suite=$(rel_suite "$rel")
	apt_refresh "$suite"
	apt_unpack "$suite" "$FERRY_CACHE/src/deb-$rel" "linux-source-$rel"
	tmp=$(scratch_dir src)
	at_exit "rm -rf '$tmp' '$FERRY_CACHE/src/deb-$rel'"
	# The graphics drivers are a third of the tree and nothing here needs them.
	quietly "$FERRY_LOG/unpack-$rel.log" "unpacking the source of Linux $rel" \
		tar -C "$tmp" -xf "$FERRY_CACHE/src/deb-$rel/usr/src/linux-source-$rel.tar.xz" \
		--strip-components=1 --exclude='*/drivers/gpu/*.[ch]'
	mv "$tmp" "$dst"
	rm -rf "$FERRY_CACHE/src/deb-$rel"
}

# The header packages name their common part by an absolute path.
fix_headers() {
	local root=$1 f
	for f in "$root"/usr/src/linux-headers-*/Makefile; do
		sed -i "s#^include /usr/src#include $root/usr/src#" "$f"
	done
}

# fetch_headers ARCH REL [EXTRA...]: Debian's headers, relocated into the cache.
fetch_headers() {
	local arch=$1 rel=$2 suite abi base root=$FERRY_CACHE/deb/$1-$2 tmp
	shift 2
	[ ! -d "$root" ] || return 0
	suite=$(rel_suite "$rel")
	apt_refresh "$suite"
	case $rel in
	6.1) abi=$(apt_newest "$suite" "^linux-headers-6\.1\.0-[0-9]+-$arch\$") ;;
	*) abi=$(apt_newest "$suite" "^linux-headers-${rel//./\\.}[.0-9]*\+deb[0-9]+-$arch\$") ;;
	esac
	abi=${abi#linux-headers-}
	base=${abi%-"$arch"}
	set -- "${@//@ABI@/$abi}"
	tmp=$FERRY_CACHE/deb/.$arch-$rel
	# Of 7.2 only the configuration and the symbols are used: prepare_tree.
	[ "$rel" = 7.2 ] || set -- "linux-headers-$base-common:all" \
		"linux-kbuild-$(kbuild_of "$rel" "$base"):amd64" "$@"
	apt_unpack "$suite" "$tmp" "linux-headers-$abi:$arch" "$@"
	printf '%s\n' "$abi" >"$tmp/abi"
	[ ! -d "$tmp/lib/modules/$abi/kernel" ] || depmod -b "$tmp" "$abi"
	mv "$tmp" "$root"
	# After the rename, and repeatable: the path is that of the final place.
	fix_headers "$root"
}

kbuild_of() { if [ "$1" = 6.1 ]; then echo 6.1; else echo "$2"; fi; }

header_dir() { printf '%s\n' "$FERRY_CACHE/deb/$1/usr/src/linux-headers-$(cat "$FERRY_CACHE/deb/$1/abi")"; }

fetch_stock() {
	case $1 in
	arm64-6.12)
		fetch_headers arm64 6.12 "linux-image-@ABI@-unsigned:arm64" busybox-static:arm64
		;;
	*) fetch_headers "${1%%-*}" "${1#*-}" ;;
	esac
	fix_headers "$FERRY_CACHE/deb/$1"
}

prepare_config() {
	local src=$1 tree=$2 hdr=$3
	shift 3
	cp "$hdr/.config" "$tree/.config"
	"$src/scripts/config" --file "$tree/.config" -d DEBUG_INFO_BTF -d RUST -d MODULE_SIG \
		--set-str SYSTEM_TRUSTED_KEYS ""
	make -s -C "$src" O="$tree" "$@" olddefconfig
	make -s -C "$src" O="$tree" -j"$FERRY_JOBS" "$@" modules_prepare
	# The symbols of the real kernel: without them an unknown one goes unseen.
	cp "$hdr/Module.symvers" "$tree/Module.symvers"
}

# A tree prepared from source: Debian's own 7.2 headers want a newer gcc.
prepare_tree() {
	local target=$1 arch rel tree vars src
	arch=$(target_arch "$1") rel=$(target_rel "$1")
	tree=$FERRY_CACHE/kernel/$target
	[ ! -f "$tree/.ferry-ready" ] || return 0
	with_lock "src-$rel" fetch_src "$rel"
	src=$FERRY_CACHE/src/linux-$rel
	with_lock "deb-$target" fetch_headers "$arch" "$rel"
	rm -rf "$tree"
	mkdir -p "$tree"
	mapfile -t vars < <(FERRY_NO_CCACHE=1 target_make "$target")
	quietly "$FERRY_LOG/prepare-$target.log" "preparing $target" \
		prepare_config "$src" "$tree" "$(header_dir "$target")" "${vars[@]}"
	touch "$tree/.ferry-ready"
}

um_fragments() {
	local d=$FERRY_TOP/kunit/configs
	case $1 in
	um-6.12-debug) printf '%s\n' "$d/um.config" "$d/um-travel.config" "$d/um-debug.config" ;;
	um-6.12) printf '%s\n' "$d/um.config" "$d/um-travel.config" ;;
	um-7.2) printf '%s\n' "$d/um.config" "$d/um-smp.config" ;;
	*) printf '%s\n' "$d/um.config" ;;
	esac
}

um_config() { um_fragments "$1" | xargs -d '\n' grep -hE '^(CONFIG_|# CONFIG_)'; }

# um_dir TARGET: one directory per version, compiler and options.
um_dir() {
	local src hash
	src=$FERRY_CACHE/src/linux-$(target_rel "$1")
	hash=$({
		make -s -C "$src" kernelversion
		"$HOST_CC" -dumpfullversion
		um_config "$1" | sort
		echo 2 # count up when um_configure changes
	} | sha256sum | cut -c1-12)
	printf '%s\n' "$FERRY_CACHE/kernel/$1-$hash"
}

# An option that a fragment names and that Kconfig drops tests nothing: error.
um_configure() {
	local target=$1 dir=$2 line bad=0
	shift 2
	um_config "$target" >"$dir/fragment"
	# Options that the fragment makes visible get their default, not "no".
	make -s "$@" allnoconfig
	cat "$dir/fragment" >>"$dir/.config"
	make -s "$@" olddefconfig
	while read -r line; do
		# 6.1 only compiles modules here; some options are newer.
		grep -qxF -- "$line" "$dir/.config" && continue
		case $line in "#"*) grep -q "^${line:2:-11}=" "$dir/.config" || continue ;; esac
		echo "option dropped by this kernel: $line"
		[ "$target" = um-6.1 ] || bad=1
	done <"$dir/fragment"
	return "$bad"
}

um_compile() {
	um_configure "$@"
	shift 2
	make "$@" -j"$FERRY_JOBS"
}

build_um() {
	local target=$1 rel dir src
	rel=$(target_rel "$1")
	with_lock "src-$rel" fetch_src "$rel"
	src=$FERRY_CACHE/src/linux-$rel
	dir=$(um_dir "$target")
	[ ! -f "$dir/.ferry-ready" ] || return 0
	mkdir -p "$dir"
	quietly "$FERRY_LOG/kernel-$target.log" "building the kernel $target (once, 3 to 6 minutes)" \
		um_compile "$target" "$dir" -C "$src" O="$dir" ARCH=um "CC=$HOST_CC" "HOSTCC=$HOST_CC"
	touch "$dir/.ferry-ready"
}

provide() {
	case $1 in
	board) with_lock deb-arm64-6.12 fetch_stock arm64-6.12; echo "$FERRY_CACHE/deb/arm64-6.12" ;;
	src-*) with_lock "$1" fetch_src "${1#src-}"; echo "$FERRY_CACHE/src/linux-${1#src-}" ;;
	um-*) check_target "$1"; with_lock "$1" build_um "$1"; um_dir "$1" ;;
	*-7.2) check_target "$1"; with_lock "$1" prepare_tree "$1"; echo "$FERRY_CACHE/kernel/$1" ;;
	*) check_target "$1"; with_lock "deb-$1" fetch_stock "$1"; header_dir "$1" ;;
	esac
}

[ $# -gt 0 ] || die "usage: $0 board|src-REL|TARGET...|all"
# shellcheck disable=SC2086
[ "$1" != all ] || set -- board src-6.12 src-7.2 $UM_TARGETS $BUILD_TARGETS
for t in "$@"; do
	provide "$t"
done
