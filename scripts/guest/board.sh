# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# The board's part of "make check": every script of board.d, each a result.

. /ferry/lib.sh

rc=0
run_all /ferry/board.d "$@" || rc=1
if unload_all; then pass "unload"; else fail "unload"; rc=1; fi
exit $rc
