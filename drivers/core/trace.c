// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bodies of the trace events.
 */
#include "../compat.h"

#define CREATE_TRACE_POINTS
#include <trace/events/ferry.h>
