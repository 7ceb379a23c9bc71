# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Text to token ids and back: byte-level BPE, as model/tokenizer.json describes it.

Text is cut at the special token, then by the file's pattern into words; each word's UTF-8 bytes are spelled with one
printable character a byte, and neighbours are joined in the order in which training learned the merges.
"""

import functools
import json
import pathlib
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise


def byte_characters() -> list[str]:
    """The printable character that stands for each byte: itself where it is visible, else one from U+0100 up."""
    visible = {*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    spare = iter(range(0x100, 0x200))
    return [chr(byte if byte in visible else next(spare)) for byte in range(256)]


class Tokenizer:
    """One vocabulary with its merges; ids and text convert without loss in both directions."""

    def __init__(self, path: pathlib.Path) -> None:
        description = json.loads(path.read_text(encoding="utf-8"))
        (special,) = description["added_tokens"]
        steps = description["pre_tokenizer"]["pretokenizers"]
        (pattern,) = (step["pattern"]["Regex"] for step in steps if step["type"] == "Split")
        self.special: str = special["content"]
        self.special_id: int = special["id"]
        self._word = re.compile(pattern)
        self._ids: dict[str, int] = description["model"]["vocab"]
        self._ranks = {(left, right): rank for rank, (left, right) in enumerate(description["model"]["merges"])}
        self._characters = byte_characters()
        byte_of = {character: byte for byte, character in enumerate(self._characters)}
        self._bytes = {number: bytes(byte_of[c] for c in token) for token, number in self._ids.items()}
        self._bytes[self.special_id] = self.special.encode()
        # Words repeat; remembering them makes encoding a page of text as quick as looking it up.
        self._word_ids = functools.lru_cache(maxsize=16384)(self._merge)

    def encode(self, text: str, *, begin: bool = False) -> list[int]:
        """The ids of `text`. `begin` puts the special token first, as at the start of a document in training."""
        ids = [self.special_id] if begin else []
        for number, part in enumerate(text.split(self.special)):
            if number:
                ids.append(self.special_id)
            for word in self._words(part):
                ids.extend(self._word_ids(word))
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`; bytes that are not UTF-8 (a character cut in two) become U+FFFD."""
        return b"".join(self._bytes[number] for number in ids).decode("utf-8", errors="replace")

    def _words(self, text: str) -> Iterator[str]:
        return (match.group() for match in self._word.finditer(text))

    def _merge(self, word: str) -> tuple[int, ...]:
        pieces = [self._characters[byte] for byte in word.encode("utf-8")]
        while len(pieces) > 1:
            ranked = [(self._ranks.get(pair, len(self._ranks)), at) for at, pair in enumerate(pairwise(pieces))]
            rank, at = min(ranked)
            if rank == len(self._ranks):
                break
            pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
        return tuple(self._ids[piece] for piece in pieces)
