#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# "make demo": messages travel inside a stock arm64 kernel. Fetches what it
# needs (no kernel is built) and prints what the guest has to say.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

"$FERRY_TOP/scripts/host-packages.sh" demo
start=$SECONDS rc=0
# The guest's own "ok NAME" lines are for counting; here its sentences do.
run_child "$FERRY_TOP/scripts/board.sh" --smp 2 "$@" demo > >(grep --line-buffered -vE '^ok ')
rc=$CHILD_RC
if [ "$rc" -eq 0 ]; then
	say "demo: ok, $((SECONDS - start)) s"
else
	say "demo: failed"
fi
exit "$rc"
