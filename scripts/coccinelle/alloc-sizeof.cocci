// SPDX-License-Identifier: GPL-2.0-only
/// The size of what a pointer points to, not of a type: they cannot drift apart.
// Confidence: High
// Options: --no-includes

virtual report

@bad@
identifier s;
expression x;
position p;
@@

x = \(kzalloc@p\|kmalloc@p\)(sizeof(struct s), ...)

@script:python depends on report@
p << bad.p;
@@

coccilib.report.print_report(p[0], "allocate sizeof(*pointer), not sizeof(type)")
