#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""cellarctl codecs and try, on files and on a real daemon: codecs_test.py CELLARCTL CELLARD"""

import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile
import unittest

from ctl_house import KEY, OTHER, PATIENCE, Engine, WithDaemon, programs, run_tests


def npy(path: pathlib.Path, shape: tuple[int, ...], kind: str = "<f2", spread: float = 1.0) -> pathlib.Path:
    """An array of normal numbers, without NumPy, which these tests do not need."""
    count = 1
    for axis in shape:
        count *= axis
    rng = random.Random(1)
    letter = {"<f2": "e", "<f4": "f", "<u2": "H"}[kind]
    values = [rng.gauss(0, spread) for _ in range(count)]
    if letter == "H":  # bfloat16: the upper half of a float
        values = [struct.unpack("<I", struct.pack("<f", value))[0] >> 16 for value in values]
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + struct.pack(f"<{count}{letter}", *values))
    return path


class Offline(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cellarctl-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def ctl(self, *arguments: object, code: int = 0) -> subprocess.CompletedProcess:
        done = subprocess.run([programs.ctl, *map(str, arguments)], capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout!r} {done.stderr!r}")
        return done

    def json(self, *arguments: object) -> dict:
        return json.loads(self.ctl(*arguments, "--json").stdout)

    def refusal(self, *arguments: object) -> str:
        return self.ctl(*arguments, code=1).stderr.decode()

    def test_codecs_are_listed_with_what_they_do_here(self) -> None:
        answer = self.json("codecs")
        rows = {row["codec"]: row for row in answer["codecs"]}
        self.assertLess({"raw", "lossless", "int8", "mixed", "int2"}, set(rows))
        self.assertEqual(answer["measured_on"], answer["backends"][-1])
        self.assertEqual((rows["mixed"]["by"], rows["mixed"]["keys"], rows["mixed"]["values"]), ("quantizer", "int6", "int4"))
        self.assertTrue(7.9 < rows["int8"]["bits_per_value"] < 8.4, rows["int8"])
        self.assertTrue(0.003 < rows["int8"]["key_error"]["mean"] <= rows["int8"]["key_error"]["most"] < 0.01)
        self.assertEqual(rows["lossless"]["key_error"]["most"], 0)
        for row in rows.values():
            if "not_measured" not in row:
                self.assertGreater(row["encode_bytes_per_second"], 0)
                self.assertGreater(row["decode_bytes_per_second"], 0)

    def test_the_table_says_what_its_numbers_are(self) -> None:
        text = self.ctl("codecs", "--backend", "scalar").stdout.decode()
        self.assertRegex(text, r"int8 +8\.\d+ +1\.\d+ +0\.\d\d % +0\.\d\d % +\d+\.\d+ .B/s +\d+\.\d+ .B/s +0 of 2 +8 bits")
        self.assertIn("scalar loops", text)
        self.assertIn("Backends of this machine: scalar", text)
        self.assertIn("no backend 'vax' on this machine, there are scalar", self.refusal("codecs", "--backend", "vax"))

    def test_a_file_is_tried_by_several_codecs(self) -> None:
        keys = npy(self.folder / "k.npy", (2, 3, 300, 2, 32))
        values = npy(self.folder / "v.npy", (2, 3, 300, 2, 16), spread=0.1)
        answer = self.json("try", "int8,int4,lossless", keys, "--values", values, "--rotary-dim", 32)
        self.assertEqual((answer["blocks"], answer["blocks_there"], answer["dtype"]), (6, 6, "float16"))
        self.assertEqual(answer["raw_bytes"], 2 * (2 * 3 * 300 * 2 * 32 + 2 * 3 * 300 * 2 * 16))
        int8, int4, lossless = answer["codecs"]
        self.assertEqual([int8["codec"], int4["codec"], lossless["codec"]], ["int8", "int4", "lossless"])
        self.assertLess(int8["key_error"]["most"], int4["key_error"]["most"] / 5)
        self.assertLess(int8["value_error"]["most"], int4["value_error"]["most"] / 5)
        self.assertGreater(int4["ratio"], 2.5)
        self.assertEqual((lossless["key_error"]["most"], lossless["segments"]), (0, 24))
        few = self.json("try", "int8", keys, "--blocks", 2)
        self.assertEqual((few["blocks"], few["codecs"][0]["value_error"]), (2, None))
        self.assertRegex(self.ctl("try", "all", keys, "--blocks", 1).stdout.decode(), r"\nint2 +\d\.\d+ .*\n(.*\n)+1 of 6 blocks")

    def test_other_types_and_no_sequences(self) -> None:
        half = npy(self.folder / "b.npy", (1, 64, 2, 32), "<u2")
        answer = self.json("try", "lossless", half, "--dtype", "bfloat16")
        self.assertEqual((answer["blocks"], answer["dtype"]), (1, "bfloat16"))
        self.assertGreater(answer["codecs"][0]["ratio"], 1.2)
        self.assertEqual(self.json("try", "int8", npy(self.folder / "f.npy", (1, 64, 2, 32), "<f4"))["dtype"], "float32")

    def test_what_cannot_be_tried_is_refused_with_the_remedy(self) -> None:
        keys = npy(self.folder / "k.npy", (1, 64, 2, 32))
        values = npy(self.folder / "v.npy", (1, 64, 2, 32))
        self.assertIn('no codec "int7" (there are: raw,', self.refusal("try", "int7", keys))
        self.assertIn("no codec was named", self.refusal("try", "", keys))
        self.assertIn("cannot open", self.refusal("try", "int8", self.folder / "none.npy"))
        self.assertIn("--dtype bfloat16", self.refusal("try", "int8", npy(self.folder / "u.npy", (1, 64, 2, 32), "<u2")))
        self.assertIn("2 axes; 5 are expected", self.refusal("try", "int8", npy(self.folder / "flat.npy", (64, 32))))
        self.assertIn("rotary_dim", self.refusal("try", "int8", keys, "--rotary-dim", 64))
        self.assertIn("rotary_dim", self.refusal("try", "int8", keys, "--values", values, "--rotary-dim", 64))
        self.assertIn("--rotary-dim says", self.refusal("try", "int8", keys, "--interleaved"))
        other = npy(self.folder / "o.npy", (1, 63, 2, 32))
        self.assertIn("differ in more than head_dim", self.refusal("try", "int8", keys, "--values", other))
        cut = self.folder / "cut.npy"
        cut.write_bytes(keys.read_bytes()[:-1])
        self.assertIn("it was cut off", self.refusal("try", "int8", cut))
        self.assertIn("raw.npy", self.refusal("try", "xtc", keys, "--profile", npy(self.folder / "raw.npy", (1,))))
        self.assertEqual(self.json("try", "xtc", keys)["codecs"][0]["not_measured"], "needs a profile")
        garbage = self.folder / "garbage.npy"
        garbage.write_bytes(os.urandom(100))
        self.assertIn("is no .npy file", self.refusal("try", "int8", garbage))
        huge = self.folder / "huge.npy"
        huge.write_bytes(keys.read_bytes().replace(b"(1, 64, 2, 32)", b"(9, 99999, 99, 999999)"))
        self.assertIn("huge.npy", self.refusal("try", "int8", huge))


class Online(WithDaemon):
    def test_a_namespace_is_tried_and_stays_as_it_is(self) -> None:
        name, shape = b"engine", struct.pack("<B3x5IQIHH8x", 2, 2, 2, 32, 32, 128, 0, 0, 1, 0)
        engine = Engine(self.daemon.socket)
        self.addCleanup(engine.close)
        engine.ask(2, shape + struct.pack("<HH", 1, len(name)) + name + bytes(-len(name) % 4))
        self.assertIn(b"has no raw block", self.ctl("try", "int8", "engine", code=1).stderr)
        raw = npy(self.folder / "raw", (2 * 128 * 2 * 64,)).read_bytes()[-2 * 2 * 128 * 2 * 64 :]
        self.ctl("put", "engine", KEY, "-", stdin=raw)
        self.ctl("put", "engine", OTHER, "-", "--parent", KEY, stdin=raw)
        answer = self.json("try", "int8,int4", "engine")
        self.assertEqual((answer["blocks"], answer["blocks_there"], answer["raw_bytes"]), (2, 2, 2 * len(raw)))
        self.assertTrue(0.003 < answer["codecs"][0]["key_error"]["most"] < 0.01)
        self.assertEqual(self.json("try", "int8", "engine", "--blocks", 1)["blocks"], 1)
        self.assertIn("2 of 2 blocks", self.text("try", "int8", "engine"))
        self.assertIn(b"under this salt", self.ctl("try", "int8", "engine", "--salt", "other", code=1).stderr)
        self.assertEqual(self.ctl("get", "engine", KEY).stdout, raw)

    def test_what_has_no_shape_or_is_not_there_is_said(self) -> None:
        self.store(b"text")
        self.assertIn(b"have no shape", self.ctl("try", "int8", "notes", code=1).stderr)
        self.assertIn(b"no namespace 'nobody'", self.ctl("try", "int8", "nobody", code=1).stderr)
        self.assertIn(b"goes with a .npy file", self.ctl("try", "int8", "notes", "--values", "v.npy", code=1).stderr)


if __name__ == "__main__":
    run_tests()
