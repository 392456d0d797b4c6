#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The modules of the Kbuild files against dkms.conf and the table in README.md.
# Prints what differs.

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
readme() { sed -nE 's/^\| `([a-z_]+)` +\| ([^|]*[^| ]) *\|.*/\1 \2/p' README.md; }

# The options as the table has them: "HAS_IOMEM, MAILBOX", or "-".
needs() { awk '{ s = ""; for (i = 3; i <= NF; i++) s = s (s ? ", " : "") $i; print $1, s ? s : "-" }'; }

rc=0
diff --label Kbuild --label dkms.conf -u <(kbuild | grep -v INDIRECT_IOMEM | cut -d' ' -f1,2 | sort) \
	<(dkms | sort) || rc=1
diff --label Kbuild --label README.md -u <(kbuild | needs | sort) <(readme | sort) || rc=1
grep -q "^## \[$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)\]" NEWS.md ||
	{ echo "NEWS.md: no section for the version in dkms.conf"; rc=1; }
exit $rc
