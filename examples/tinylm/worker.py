# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""One engine process. It takes commands as JSON, one a line, on stdin and answers each with a line on stdout.

Each worker is an ordinary client of the daemon: it knows the socket, and nothing of the other workers. It ends with
its stdin.
"""

from __future__ import annotations

import os

# Another number of threads cuts the sums elsewhere, and the bits with them. BLAS reads these when numpy loads it.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", BLIS_NUM_THREADS="1")

import argparse
import contextlib
import hashlib
import json
import pathlib
import sys
import time
from typing import Any

import cellard
import numpy as np

from engine import BLOCK_TOKENS, Engine, block_bytes, open_space
from model import Half, Model
from tokenizer import Tokenizer

HERE = pathlib.Path(__file__).resolve().parent
DEADLINE = 5.0  # seconds; for an engine a late answer is a miss, and here it would only spoil the demonstration


def digest(keys: Half, values: Half) -> str:
    """Names the bytes of one block."""
    return hashlib.sha256(keys.tobytes() + values.tobytes()).hexdigest()


class Worker:
    """The commands, one method each. What a method returns is the answer."""

    def __init__(self, space: cellard.Space | None, model: Model) -> None:
        self.space = space
        self.model = model
        self.engine = Engine(model, space)
        self.tokenizer = Tokenizer(HERE / "model" / "tokenizer.json")

    def tokens_of(self, prefix: str, question: str) -> tuple[list[int], int]:
        """A prompt, and how many of its tokens are the prefix: a file and an empty line, then the question.

        The two are encoded apart, as a chat's turns are, so that no token spans both.
        """
        start = self.tokenizer.encode((HERE / prefix).read_text(encoding="utf-8") + "\n", begin=True)
        return start + self.tokenizer.encode(question), len(start)

    def read(self, prefix: str, question: str, logits: str, generate: int = 0, start_at: float = 0.0) -> dict[str, Any]:
        """Reads a file and a question, goes on writing, saves the logits of what follows the file's last full block."""
        tokens, prefix_tokens = self.tokens_of(prefix, question)
        prefix_blocks = prefix_tokens // BLOCK_TOKENS
        time.sleep(max(0.0, start_at - time.monotonic()))
        prefill = self.engine.prefill(tokens, logits_from=prefix_blocks * BLOCK_TOKENS)
        continuation = self.tokenizer.decode(self.engine.generate(prefill, generate))
        np.save(logits, prefill.logits)
        return {
            "tokens": len(tokens),
            "prefix_tokens": prefix_tokens,
            "prefix_blocks": prefix_blocks,
            "keys": [key.hex() for key in cellard.chain_keys(tokens, BLOCK_TOKENS)],
            "block_bytes": block_bytes(self.model),
            "block_tokens": BLOCK_TOKENS,
            "tokens_found": prefill.tokens_found,
            "blocks_stored": prefill.blocks_stored,
            "seconds": prefill.seconds,
            "lookup_seconds": prefill.lookup_seconds,
            "store_seconds": prefill.store_seconds,
            "logits_sha256": hashlib.sha256(prefill.logits.tobytes()).hexdigest(),
            "continuation": continuation.split(self.tokenizer.special)[0],
        }

    def put_half(self, prefix: str, question: str) -> dict[str, Any]:
        """Reads a prompt up to its last full block, reserves that block, writes half of it, and waits to be killed."""
        assert self.space is not None
        tokens, _ = self.tokens_of(prefix, question)
        last = len(tokens) // BLOCK_TOKENS - 1
        tokens = tokens[: (last + 1) * BLOCK_TOKENS]
        prefill = self.engine.prefill(tokens[:-BLOCK_TOKENS], logits_from=len(tokens) - BLOCK_TOKENS - 1)
        context = prefill.context
        self.model.forward(tokens[-BLOCK_TOKENS:], context)
        spans = ((index * BLOCK_TOKENS, (index + 1) * BLOCK_TOKENS) for index in range(last + 1))
        blocks = [context.store(start, end) for start, end in spans]

        keys = cellard.chain_keys(tokens, BLOCK_TOKENS)
        # Kept in self: a stage that is forgotten gives its reservation back, and this one is to be held to the end.
        self.stage = self.space.stage(keys[last:], parent=keys[last - 1])
        (block,) = self.stage.blocks
        assert block is not None, "the block that was to be half written is in the cache already"
        half = self.model.config.layers // 2
        block.k[:half] = blocks[last][0][:half]
        block.v[:half] = blocks[last][1][:half]
        digests = [digest(*block) for block in blocks]
        return {"ids": tokens, "digests": digests, "blocks_stored": prefill.blocks_stored}

    def check(self, ids: list[int], digests: list[str]) -> dict[str, Any]:
        """Looks up a chain, changes nothing, and compares each block that is there with the digest of what was put."""
        assert self.space is not None
        keys = cellard.chain_keys(ids, BLOCK_TOKENS)
        matched = self.space.match(keys)
        with self.space.get(keys) as blocks:
            found = [digest(block.k, block.v) for block in blocks]
        return {"matched": matched, "got": len(found), "equal": found == digests[: len(found)]}

    def matched(self, chains: list[list[str]]) -> dict[str, Any]:
        """How many leading blocks of each chain are in the cache."""
        assert self.space is not None
        return {"matched": [self.space.match([bytes.fromhex(key) for key in chain]) for chain in chains]}

    def store_again(self, ids: list[int]) -> dict[str, Any]:
        """Reads the chain as any engine would: takes what is there, computes the rest, stores that."""
        prefill = self.engine.prefill(ids, logits_from=len(ids) - 1)
        return {
            "keys": [key.hex() for key in cellard.chain_keys(ids, BLOCK_TOKENS)],
            "tokens": len(ids),
            "tokens_found": prefill.tokens_found,
            "blocks_stored": prefill.blocks_stored,
            "seconds": prefill.seconds,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-cache", action="store_true", help="compute everything; do not connect to the daemon")
    arguments = parser.parse_args()
    model = Model(HERE / "model")
    with contextlib.ExitStack() as stack:
        space = None
        if not arguments.no_cache:
            space = open_space(stack.enter_context(cellard.connect(socket=None, deadline=DEADLINE)), model)
        worker = Worker(space, model)
        print(json.dumps({"ready": os.getpid()}), flush=True)
        for line in sys.stdin:
            command = json.loads(line)
            answer = getattr(worker, command.pop("do"))(**command)
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
