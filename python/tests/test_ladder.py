# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""A daemon with a ladder: more blocks in the same memory, none beyond the operator's bound."""

from pathlib import Path

import numpy as np
import pytest

import cellard
from conftest import arrays, chain, daemon_binary
from daemon import Daemon, short_folder
from test_encoded import LAYOUT, error_of

pytestmark = pytest.mark.daemon

BLOCKS = 600  # of 96 KiB, in 32 MiB
BOUND = 0.1
CONFIGURATION = f"""
[memory]
capacity = "32 MiB"
low_watermark = "70 %"
high_watermark = "90 %"
[codec]
cpu = "100 %"
ladder = "int8, int4"
key_error = "{100 * BOUND} %"
value_error = "{100 * BOUND} %"
[[quota]]
namespace = "plain"
ladder = ""
"""


def kept(name: str) -> tuple[int, int]:
    """How many of the chains of one block are found after all were put, and how many were lowered."""
    with short_folder() as folder:
        daemon = Daemon(daemon_binary(), Path(folder), CONFIGURATION).start()
        try:
            with cellard.connect(daemon.socket, deadline=5) as cache:
                space, keys = cache.open(name, LAYOUT), chain(LAYOUT, BLOCKS)
                ks, vs = arrays(LAYOUT, 1)
                for key in keys:
                    space.put([key], ks, vs)
                found = 0
                for key in keys:
                    with space.get([key]) as blocks:
                        for block in blocks:
                            assert error_of(block.k, ks) <= BOUND
                            assert block.v is not None
                            assert error_of(block.v, vs) <= BOUND
                            if block.codec != 0:
                                assert block.errors.k <= BOUND
                            found += 1
                with space.get(keys[-1:]) as newest:
                    np.testing.assert_array_equal(newest[0].k, ks)
                space_numbers = next(s for s in cache.stats()["per_namespace"] if s["name"] == name)
                return found, space_numbers["lowered"]
        finally:
            daemon.stop()


def test_the_same_memory_holds_more_blocks() -> None:
    plain, never = kept("plain")
    laddered, lowered = kept("laddered")
    assert never == 0
    assert lowered > 0
    assert laddered > plain
