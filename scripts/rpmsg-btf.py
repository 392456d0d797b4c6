#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares drivers/rpmsg/ops.h with the type information (BTF) of a kernel.

    rpmsg-btf.py HEADERS VMLINUX [MODULE]

HEADERS: directory with include/linux/rpmsg.h, from which scripts/Kbuild.rpmsg takes its
facts. VMLINUX: file with BTF, as header packages have it. MODULE: rpmsg_core.ko, perhaps
compressed, where rpmsg is a module; its BTF goes on where that of VMLINUX ends. Prints
what differs and exits 1.
"""
import lzma
import os
import re
import struct
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STRUCTS = ("rpmsg_device_ops", "rpmsg_endpoint_ops")
KIND_STRUCT, KIND_UNION = 4, 5
# Bytes after the 12 of each type: fixed, or for each of its members.
FIXED = {1: 4, 3: 12, 14: 4, 17: 4}
MEMBER = {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}


def section(path):
    """The section .BTF of an ELF file of 64 bits, little endian."""
    opener = lzma.open if path.endswith(".xz") else open
    with opener(path, "rb") as f:
        elf = f.read()
    off, = struct.unpack_from("<Q", elf, 0x28)
    size, count, names = struct.unpack_from("<HHH", elf, 0x3a)
    heads = [struct.unpack_from("<IIQQQQ", elf, off + i * size) for i in range(count)]
    base = heads[names][4]
    for name, _, _, _, start, length in heads:
        if elf[base + name:].startswith(b".BTF\0") if name else False:
            return elf[start:start + length]
    sys.exit(f"{path}: no BTF")


def parse(btf, strings_before):
    """Yields (kind, name, [(member, offset in bits)]); and what the strings are."""
    _, _, _, head, types, types_len, strs, strs_len = struct.unpack_from("<HBBIIIII", btf)
    strings = strings_before + btf[head + strs:head + strs + strs_len]

    def text(at):
        return strings[at:strings.index(b"\0", at)].decode()

    found, pos, end = {}, head + types, head + types + types_len
    while pos < end:
        name, info, _ = struct.unpack_from("<III", btf, pos)
        kind, vlen = info >> 24 & 0x1f, info & 0xffff
        pos += 12
        if kind == KIND_STRUCT and text(name) in STRUCTS:
            members = [struct.unpack_from("<III", btf, pos + 12 * i) for i in range(vlen)]
            found[text(name)] = [(text(m[0]), m[2] & 0xffffff) for m in members]
        pos += FIXED.get(kind, 0) + MEMBER.get(kind, 0) * vlen
    return found, strings


def facts(headers):
    """The macros that scripts/Kbuild.rpmsg makes of the kernel's header."""
    with open(os.path.join(headers, "include/linux/rpmsg.h"), encoding="utf-8") as f:
        header = f.read()
    with open(os.path.join(TOP, "scripts/Kbuild.rpmsg"), encoding="utf-8") as f:
        wanted = re.findall(r"\(call rpmsg-fact,(\w+),(.*)\)", f.read())
    return [f"-DFERRY_RPMSG_{name}={int(bool(re.search(regex, header, re.M)))}"
            for name, regex in wanted]


def ours(headers):
    """The same of drivers/rpmsg/ops.h."""
    with open(os.path.join(TOP, "drivers/rpmsg/ops.h"), encoding="utf-8") as f:
        source = re.sub(r"^#include.*", "", f.read(), flags=re.M)
    text = subprocess.run(["cpp-12", "-P", *facts(headers)], input=source, text=True,
                          check=True, stdout=subprocess.PIPE).stdout
    found = {}
    for name in STRUCTS:
        body = re.search(r"struct %s \{(.*?)\};" % name, text, re.S).group(1)
        members = re.findall(r"\(\*(\w+)\)\(", body)
        found[name] = [(m, 64 * i) for i, m in enumerate(members)]
    return found


def main():
    headers, files = sys.argv[1], sys.argv[2:]
    theirs, strings = {}, b""
    for path in files:
        found, strings = parse(section(path), strings)
        theirs.update(found)
    bad = 0
    for name, members in ours(headers).items():
        if theirs.get(name) != members:
            print(f"struct {name}: ops.h has {members}, the kernel {theirs.get(name)}")
            bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
