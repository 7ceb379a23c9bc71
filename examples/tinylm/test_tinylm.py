# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""What the demonstration takes for granted of its model and tokenizer; needs numpy, no daemon.

python -m unittest discover examples/tinylm
"""

import os
import pathlib
import sys
import unittest

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", BLIS_NUM_THREADS="1")
sys.path.insert(0, os.fspath(pathlib.Path(__file__).resolve().parent))

import numpy as np

from model import Array, Context, Model
from tokenizer import Tokenizer

HERE = pathlib.Path(__file__).resolve().parent
CHUNK = 16
CAPACITY = 1024


def read(model: Model, context: Context, tokens: list[int]) -> Array:
    """Logits of `tokens`, chunk by chunk."""
    chunks = (tokens[start : start + CHUNK] for start in range(0, len(tokens), CHUNK))
    return np.concatenate([model.logits(model.forward(chunk, context)) for chunk in chunks])


class TokenizerTest(unittest.TestCase):
    def setUp(self) -> None:
        self.tokenizer = Tokenizer(HERE / "model" / "tokenizer.json")

    def test_files_come_back(self) -> None:
        for name in ("text.txt", "system.txt"):
            text = (HERE / name).read_text(encoding="utf-8")
            ids = self.tokenizer.encode(text)
            self.assertEqual(self.tokenizer.decode(ids), text)
            self.assertEqual(self.tokenizer.encode(self.tokenizer.decode(ids)), ids)
            self.assertLess(len(ids), len(text) / 2)

    def test_any_text_comes_back(self) -> None:
        for text in ("", "  two  spaces \n\t end ", "naïve café 日本 🙂", "a<|endoftext|>b", "x\x00y\x7f", "don't 1st"):
            self.assertEqual(self.tokenizer.decode(self.tokenizer.encode(text)), text)

    def test_documents_begin_with_the_special_token(self) -> None:
        special = self.tokenizer.special_id
        self.assertEqual(self.tokenizer.encode("<|endoftext|>", begin=True), [special, special])


class ModelTest(unittest.TestCase):
    model: Model
    tokens: list[int]

    @classmethod
    def setUpClass(cls) -> None:
        cls.model = Model(HERE / "model")
        tokenizer = Tokenizer(HERE / "model" / "tokenizer.json")
        cls.tokens = tokenizer.encode((HERE / "text.txt").read_text(encoding="utf-8"), begin=True)[:333]

    def test_it_has_learned_english(self) -> None:
        """2.9 nats a token on this text; wrong weights, positions or masks give twice as much or worse."""
        logits = read(self.model, Context(self.model.config, CAPACITY), self.tokens)[:-1].astype(np.float64)
        total = np.log(np.exp(logits).sum(-1))
        of_next = np.take_along_axis(logits, np.array(self.tokens[1:])[:, None], -1)[:, 0]
        self.assertLess((total - of_next).mean(), 3.5)

    def test_stored_keys_and_values_are_as_good_as_computed_ones(self) -> None:
        whole = Context(self.model.config, CAPACITY)
        expected = read(self.model, whole, self.tokens)
        for blocks in (1, 7, len(self.tokens) // CHUNK):
            context = Context(self.model.config, CAPACITY)
            for index in range(blocks):
                context.load(*whole.store(index * CHUNK, (index + 1) * CHUNK))
            rest = read(self.model, context, self.tokens[blocks * CHUNK :])
            np.testing.assert_array_equal(rest, expected[blocks * CHUNK :])
            np.testing.assert_array_equal(context.keys, whole.keys)
            np.testing.assert_array_equal(context.values, whole.values)

    def test_one_wrong_bit_shows(self) -> None:
        whole = Context(self.model.config, CAPACITY)
        expected = read(self.model, whole, self.tokens)
        keys, values = whole.store(0, CHUNK)
        values.view(np.uint16)[3, 5, 1, 40] ^= 1 << 9
        context = Context(self.model.config, CAPACITY)
        context.load(keys, values)
        self.assertFalse(np.array_equal(read(self.model, context, self.tokens[CHUNK:]), expected[CHUNK:]))


if __name__ == "__main__":
    unittest.main()
