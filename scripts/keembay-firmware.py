#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes a firmware file for the simulated VPU of Keem Bay.

The file is what the VPU's own firmware comes in, little-endian:

  0x0000  header, of which the first 0x54 bytes are used:
            0x00 header version 1      0x04 image format 0
            0x08 image address, 64 bit 0x10 image size
            0x14 entry, 64 bit         0x1c version for people, 32 bytes
            0x3c compression 0         0x40 version address, 64 bit
            0x48 version size          0x4c config address, 64 bit
  0x1000  version text
  0x2000  image
  behind  X.509 certificate (--cert)

Addresses are as the VPU sees them, all inside of its firmware region: image at the
start, then the version text, then the page where the CPU puts the boot parameters. The
image is one that the simulated VPU takes: the bytes "FSIM", how many bytes follow the
header of 12, their CRC-32 (that of zlib), and filler. A real VPU runs none of it.

What --damage knows; the CPU refuses all but the last three, which the VPU does not boot:

"""
import argparse
import random
import struct
import sys
import zlib

PAGE = 0x1000
IMAGE_OFFSET = 0x2000
HEADER = struct.Struct("<IIQIQ32sIQIQ")

DAMAGES = {
    "header-version": "header version 2",
    "image-address": "image outside of the firmware region",
    "image-wrap": "image that ends beyond 2^64",
    "image-empty": "image of no bytes",
    "image-long": "image longer than the file",
    "entry": "entry outside of the image",
    "entry-align": "entry in the middle of a page",
    "version-address": "version text outside of the firmware region",
    "version-long": "version text of more than a page",
    "config": "boot parameters in the middle of the image",
    "short": "file that ends inside of the header",
    "magic": "image without magic",
    "length": "image that says another length",
    "crc": "image with a flipped bit",
}


def image(size, damage):
    """The image: header and filler that is the same each time."""
    body = bytearray(random.Random(size).randbytes(size - 12))
    magic, length, crc = b"FSIM", len(body), zlib.crc32(body)
    if "magic" in damage:
        magic = b"fsim"
    if "length" in damage:
        length += 1
    if "crc" in damage:
        body[len(body) // 2] ^= 1
    return struct.pack("<4sII", magic, length, crc) + bytes(body)


def page_up(size):
    return (size + PAGE - 1) & ~(PAGE - 1)


def header(args, version):
    """The header, and what is wrong with it."""
    version_addr = args.base + page_up(args.size)
    f = {
        "header_version": 1, "format": 0, "image": args.base, "size": args.size,
        "entry": args.base + args.entry, "text": version, "compression": 0,
        "version": version_addr, "version_size": len(version), "config": version_addr + PAGE,
    }
    wrong = {
        "header-version": {"header_version": 2},
        "image-address": {"image": args.base - PAGE, "entry": args.base - PAGE},
        "image-wrap": {"image": 2 ** 64 - PAGE, "entry": 2 ** 64 - PAGE},
        "image-empty": {"size": 0},
        "image-long": {"size": args.size + 0x100000},
        "entry": {"entry": args.base + page_up(args.size)},
        "entry-align": {"entry": f["entry"] + 0x800},
        "version-address": {"version": 0x1000},
        "version-long": {"version_size": PAGE + 1},
        "config": {"config": args.base},
    }
    for name in args.damage:
        f.update(wrong.get(name, {}))
    return HEADER.pack(*f.values())


def firmware(args):
    version = args.version.encode()
    data = header(args, version).ljust(PAGE, b"\0") + version.ljust(PAGE, b"\0")
    assert len(data) == IMAGE_OFFSET
    data += image(args.size, args.damage) + b"\x30" * args.cert
    return data[:0x40] if "short" in args.damage else data


def number(text):
    return int(text, 0)


def main():
    p = argparse.ArgumentParser(
        description=__doc__ + "\n".join(f"  {k:16} {v}" for k, v in DAMAGES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("file", help="to write")
    p.add_argument("--base", type=number, default=0x7cc00000,
                   help="start of the firmware region (default: that of the board)")
    p.add_argument("--size", type=number, default=0x10000, help="bytes of the image (0x10000)")
    p.add_argument("--entry", type=number, default=0, help="offset of the entry in the image (0)")
    p.add_argument("--version", default="ferry-sim 1.0", help="text, up to 32 bytes")
    p.add_argument("--cert", type=number, default=0, help="bytes of a dummy certificate (0)")
    p.add_argument("--damage", action="append", choices=DAMAGES, default=[], metavar="WHAT",
                   help="may be repeated; see above")
    args = p.parse_args()
    if args.size <= 12 or not 0 <= args.cert <= PAGE or len(args.version.encode()) > 32:
        p.error("--size is more than 12, --cert at most 4096, --version at most 32 bytes")
    with open(args.file, "wb") as f:
        f.write(firmware(args))
    return 0


if __name__ == "__main__":
    sys.exit(main())
