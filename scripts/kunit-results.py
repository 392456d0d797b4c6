#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Reads the KUnit results that a guest left, with the kernel's own parser.

kunit-results.py KERNEL_SOURCE DIR

DIR holds one directory per module with one file per suite, and .started, the
list of modules that were loaded. One line per suite, the lines of what failed,
and as the last line "N passed, N failed". A module without results, a block
that does not parse and a plan of 0 are failures. Exits 1 when anything failed
or nothing passed.
"""

import io
import os
import sys

sys.dont_write_bytecode = True


def parse(parser, path):
    with open(path, encoding="utf-8", errors="replace") as block:
        lines = block.read().splitlines()
    stream = parser.extract_tap_lines(lines)
    if not stream:
        return parser.TestCounts(), lines
    return parser.parse_test(stream, 0, [], False).counts, lines


def explain(lines):
    """The failed cases, each with the first lines of what it said."""
    said = []
    for line in lines:
        words = line.split()
        if words[:2] == ["not", "ok"]:
            yield from ("    " + text.strip() for text in said[:12])
            yield "    " + line.strip()
            said = []
        elif words[:1] == ["ok"]:
            said = []
        else:
            said.append(line)


def suite_result(parser, module, suite, path):
    """Returns (passed, failed) and says what it found."""
    counts, lines = parse(parser, path)
    failed = counts.failed + counts.crashed
    if counts.errors and not failed:
        failed = 1
    if not failed and counts.passed + counts.skipped == 0:
        failed = 1
        print(f"{module}/{suite}: no test ran")
    skipped = f", {counts.skipped} skipped" if counts.skipped else ""
    print(f"{suite}: {counts.passed} passed, {failed} failed{skipped}")
    if failed:
        print("\n".join(explain(lines)))
    return counts.passed, failed


def main(source, results):
    sys.path.insert(0, os.path.join(source, "tools/testing/kunit"))
    import kunit_parser
    import kunit_printer

    # The parser prints as it goes; what we print is shorter.
    kunit_parser.stdout = kunit_printer.Printer(output=io.StringIO())
    passed = failed = 0
    started = os.path.join(results, ".started")
    modules = open(started, encoding="ascii").read().split() if os.path.exists(started) else []
    for module in modules:
        path = os.path.join(results, module)
        suites = sorted(os.listdir(path)) if os.path.isdir(path) else []
        if not suites:
            print(f"{module}: no results")
            failed += 1
        for suite in suites:
            good, bad = suite_result(kunit_parser, module, suite, os.path.join(path, suite))
            passed += good
            failed += bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
