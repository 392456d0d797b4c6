#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# "make docs": Documentation/ as HTML, with the kernel-doc of our headers. A
# warning of Sphinx is a failure.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

"$FERRY_TOP/scripts/host-packages.sh" docs
[ -f "$FERRY_TOP/Documentation/conf.py" ] || die "there is no Documentation/conf.py"
# The kernel-doc script is there; the directive that runs it is ours.
FERRY_KERNEL_SRC=$("$FERRY_TOP/scripts/kernel.sh" src-6.12)
export FERRY_KERNEL_SRC PYTHONDONTWRITEBYTECODE=1
out=$FERRY_TOP/Documentation/_build
quietly "$FERRY_LOG/docs.log" "building the documentation" \
	sphinx-build -q -W --keep-going -b html -d "$FERRY_BUILD/doctrees" "$FERRY_TOP/Documentation" "$out/html"
say "open $out/html/index.html"
