#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Lists that are kept by hand: modules in dkms.conf and README.md against the
# Kbuild files, files and names in Documentation/ABI against the sources. Prints
# what differs.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$FERRY_TOP"

# kbuild: "NAME DIRECTORY OPTION..." for each module that users load.
kbuild() {
	grep -HE '^\$\(call ferry-module,' drivers/*/Kbuild samples/Kbuild |
		sed -E 's#^(.*)/Kbuild:\$\(call ferry-module,([^,)]*),?(.*)\)$#\2 \1 \3#'
}

# In DKMS all but what needs an option that only UML has.
dkms() {
	(
		# shellcheck disable=SC2034 # used by dkms.conf
		kernel_source_dir=
		# shellcheck source=/dev/null
		. ./dkms.conf
		for i in "${!BUILT_MODULE_NAME[@]}"; do
			echo "${BUILT_MODULE_NAME[i]} ${BUILT_MODULE_LOCATION[i]}"
		done
	)
}

# shellcheck disable=SC2016
readme() { sed -nE 's/^\| `([a-z0-9_]+)` +\| ([^|]*[^| ]) *\|.*/\1 \2/p' README.md; }

# The options as the table has them: "HAS_IOMEM, MAILBOX", or "-".
needs() { awk '{ s = ""; for (i = 3; i <= NF; i++) s = s (s ? ", " : "") $i; print $1, s ? s : "-" }'; }

abi=Documentation/ABI/testing

# same WHAT SOURCES ABI: two lists, each from a command.
same() {
	diff --label "$1 in the sources" --label "$1 in Documentation/ABI" -u <(sort <<<"$2") <(sort <<<"$3") || rc=1
}

rc=0
same attributes "$(sed -nE 's/^static DEVICE_ATTR_R[OW]\((.*)\);/\1/p' drivers/core/sysfs.c)" \
	"$(sed -n 's#^What:.*/sys/class/ferry/LINK/##p' $abi/sysfs-class-ferry)"
same states "$(sed -nE 's/^\tX\([A-Z]+,\t+"([a-z]+)"\).*/\1/p' include/linux/ferry/link.h)" \
	"$(sed -n '/Can be written/q; s/^\t\t\([a-z][a-z]*\)\t.*/\1/p' $abi/sysfs-class-ferry)"
same drops "$(sed -nE 's/^\tX\([A-Z_]+,\t+"([a-z-]+)"\).*/\1/p' include/linux/ferry.h)" \
	"$(sed -n '/The reasons are/,/More keys/s/^\t\t\([a-z-]*\)\t.*/\1/p' $abi/debugfs-ferry)"
diff --label Kbuild --label dkms.conf -u <(kbuild | grep -v INDIRECT_IOMEM | cut -d' ' -f1,2 | sort) \
	<(dkms | sort) || rc=1
diff --label Kbuild --label README.md -u <(kbuild | needs | sort) <(readme | sort) || rc=1
grep -q "^## \[$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)\]" NEWS.md ||
	{ echo "NEWS.md: no section for the version in dkms.conf"; rc=1; }
exit $rc
