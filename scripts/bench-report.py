#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes a table and a plot of what the bench guests measured.

bench-report.py DIR

Reads DIR/um.txt and DIR/board.txt, lines "CASE SIZE UNIT VALUE FLOOR"; prints a
table and writes it to DIR/bench.md, with DIR/bench-ns.svg and -insn.svg. Cases
smd-SIDE-LAYOUT-WAY make a table of their own, the sides beside one another, and so do
those of vchiq-SIDE-WAY, of rtkit-WAY-HOW, whose FLOOR is the kernel's driver, of gunyah-WAY,
whose FLOOR is the same port behind the kernel's mailbox framework, and of grm-CALL-HOW,
whose FLOOR are the packets of the call by hand.
"""

import os
import sys

WIDTH, HEIGHT, MARGIN = 640, 360, 60
SMD_OURS = ("rpmsg", "native")
VCHIQ_OURS = ("thread", "irq")
COLOURS = ["#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#d68910", "#555555"]


def read(directory):
    rows = []
    for name in ("um.txt", "board.txt"):
        path = os.path.join(directory, name)
        if not os.path.exists(path):
            continue
        with open(path, encoding="ascii") as lines:
            for line in lines:
                case, size, unit, value, floor = line.split()
                rows.append((unit, case, int(size), float(value), float(floor)))
    return sorted(rows)


def table(rows):
    yield "| case | bytes | per message | floor | ratio | messages/s |"
    yield "|---|---:|---:|---:|---:|---:|"
    for unit, case, size, value, floor in rows:
        ratio = f"{value / floor:.2f}" if floor else "-"
        rate = f"{1e9 / value:,.0f}" if unit == "ns" and value else "-"
        yield f"| {case} | {size} | {value:,.0f} {unit} | {floor:,.0f} {unit} | {ratio} | {rate} |"


def peer_ratio(kernel, ours):
    """The kernel's driver over ours: all that was counted, and without the remote."""
    if not ours:
        return "- | - | -"
    (k, k_floor), (o, o_floor) = kernel, ours
    apart = f"{(k - k_floor) / (o - o_floor):.2f}" if o > o_floor else "-"
    return f"{o:,.0f} | {k / o:.2f} | {apart}"


def peer_table(rows, what, remote, ours):
    """The kernel's driver and ours, with the same simulated remote; ours in two ways."""
    cells = {}
    for _, case, size, value, floor in rows:
        _, side, way = case.split("-", 2)
        cells.setdefault((way, size), {})[side] = (value, floor)
    if not cells:
        return
    yield ""
    heads = " | ".join(f"{o} | kernel/{o} | without {remote}" for o in ours)
    yield f"| {what}, instructions | bytes | {remote} | kernel | {heads} |"
    yield "|---|" + "---:|" * 9
    for (way, size), sides in sorted(cells.items()):
        kernel = sides.get("kernel")
        if kernel:
            ratios = " | ".join(peer_ratio(kernel, sides.get(o)) for o in ours)
            yield f"| {way} | {size} | {kernel[1]:,.0f} | {kernel[0]:,.0f} | {ratios} |"


def rtkit_table(rows):
    """RTKit: the kernel's driver and ours."""
    if not rows:
        return
    yield ""
    yield "| RTKit | kernel | ours | kernel/ours |"
    yield "|---|---:|---:|---:|"
    for unit, case, _, ours, kernel in rows:
        yield f"| {case[6:]} | {kernel:,.0f} {unit} | {ours:,.0f} {unit} | {kernel / ours:.2f} |"


def beside_table(rows, title, ours, other, over):
    """Cases PREFIX-NAME of two ways to do the same; over: which is divided by the other."""
    if not rows:
        return
    yield ""
    yield f"| {title} | {ours} | {other} | {over} |"
    yield "|---|---:|---:|---:|"
    for unit, case, _, one, two in sorted(rows, key=lambda r: r[1]):
        digits = 2 if unit in ("hypercalls", "interrupts") else 0
        above, below = (one, two) if over.startswith(ours) else (two, one)
        ratio = f"{above / below:.2f}" if below else "-"
        name = case.split("-", 1)[1]
        yield f"| {name}, {unit} | {one:,.{digits}f} | {two:,.{digits}f} | {ratio} |"


def split(rows, prefix):
    """Rows of the cases that begin with prefix, and the others."""
    ours = [r for r in rows if r[1].startswith(prefix)]
    return ours, [r for r in rows if r not in ours]


def polyline(points, colour, dash=""):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def plot(rows, unit):
    """Ratio to the floor over the size: what a message costs beside its copy."""
    rows = [r for r in rows if r[0] == unit and r[4]]
    sizes = sorted({r[2] for r in rows})
    top = max([r[3] / r[4] for r in rows] + [3.0]) * 1.1

    def place(size, ratio):
        x = MARGIN + (WIDTH - 2 * MARGIN) * sizes.index(size) / max(len(sizes) - 1, 1)
        return x, HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * ratio / top

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{MARGIN}" y="20">cost of a message as a multiple of the floor ({unit})</text>',
    ]
    for ratio in range(int(top) + 1):
        y = place(sizes[0], ratio)[1]
        out.append(f'<line x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{MARGIN - 24}" y="{y + 4:.1f}">{ratio}x</text>')
    for size in sizes:
        out.append(f'<text x="{place(size, 0)[0] - 12:.1f}" y="{HEIGHT - MARGIN + 18}">{size}</text>')
    for n, case in enumerate(sorted({r[1] for r in rows})):
        colour = COLOURS[n % len(COLOURS)]
        out.append(polyline([place(r[2], r[3] / r[4]) for r in rows if r[1] == case], colour))
        out.append(f'<text x="{WIDTH - MARGIN - 150}" y="{40 + 16 * n}" fill="{colour}">{case}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


def main(directory):
    rows = read(directory)
    if not rows:
        sys.exit("ferry: nothing was measured")
    smd, rows = split(rows, "smd-")
    vchiq, rows = split(rows, "vchiq-")
    rtkit, rows = split(rows, "rtkit-")
    gunyah, rows = split(rows, "gunyah-")
    grm, rows = split(rows, "grm-")
    parts = (table(rows) if rows else [], peer_table(smd, "SMD", "remote", SMD_OURS),
             peer_table(vchiq, "VCHIQ", "VPU", VCHIQ_OURS), rtkit_table(rtkit),
             beside_table(gunyah, "Gunyah, of a message", "port", "mailbox", "mailbox/port"),
             beside_table(grm, "Gunyah, a call, by hand over", "call", "by hand",
                          "call/by hand"))
    lines = "\n".join(line for part in parts for line in part) + "\n"
    print(lines, end="")
    with open(os.path.join(directory, "bench.md"), "w", encoding="ascii") as out:
        out.write(lines)
    for unit in sorted({r[0] for r in rows}):
        if any(r[4] for r in rows if r[0] == unit):
            with open(os.path.join(directory, f"bench-{unit}.svg"), "w", encoding="ascii") as out:
                out.write(plot(rows, unit))
    print(f"ferry: table and plots in {directory}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
