// SPDX-License-Identifier: GPL-2.0-only
/// Error numbers that user space and rpmsg do not know.
// Confidence: High
// Options: --no-includes

virtual report

@bad@
position p;
@@

\(ENOTSUPP@p\|ERESTARTNOHAND@p\)

@script:python depends on report@
p << bad.p;
@@

coccilib.report.print_report(p[0], "use EOPNOTSUPP or ERESTARTSYS")
