# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Writes the golden frames as seeds for frame_fuzz: frame_seeds.py FRAMES FOLDER. One without a seed fails."""

import pathlib
import sys

# In the order of reencode_replies (tests/unit/protocol/reencode.hpp), from 1 on.
REPLIES = ("hello", "open", "salt", "lookup", "get", "reserve", "stage", "put", "remove", "read", "list", "text")


def main() -> None:
    frames, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    missing = set(REPLIES)
    for line in frames.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name, hexadecimal = line.split(": ", 1)
        kind = name.split()[0]
        chooser = REPLIES.index(kind) + 1 if name.endswith(" reply") and kind in REPLIES else 0
        missing.discard(kind if chooser else "")
        (folder / name.replace(" ", "_")).write_bytes(bytes([chooser]) + bytes.fromhex(hexadecimal))
    if missing:
        sys.exit(f"no seed for the replies {', '.join(sorted(missing))}")
    (folder / "stamp").touch()


if __name__ == "__main__":
    main()
