# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""cellard: the KV cache daemon for LLM inference, from Python.

    import cellard

    layout = cellard.Layout(dtype="float16", layers=6, kv_heads=2, head_dim=64, block_tokens=16)
    with cellard.connect() as cache:
        space = cache.open("tinylm", layout, weights="sha256:...")
        keys = cellard.chain_keys(token_ids, layout.block_tokens)
        with space.get(keys) as blocks:
            for block in blocks:
                use(block.k, block.v)
        space.put(keys, ks, vs)

Every call ends within the cache's deadline. A daemon that is absent, slow or restarted is a miss,
not an error, unless ``connect(strict=True)`` was asked for.
"""

from ._cellard import version as _version
from .blocks import Block, Blocks, Errors
from .cache import Cache, ServerInfo, connect
from .coding import Codec, Encoded, codec, codecs
from .errors import (
    Busy,
    Error,
    Forked,
    LayoutMismatch,
    LeaseLost,
    Status,
    TimedOut,
    Unavailable,
)
from .keys import chain_keys, key_from_bytes
from .layout import Layout
from .listing import BlockInfo
from .match import Match
from .profile import Profile
from .rope import Rope
from .space import Space
from .stage import PutResult, Stage, StageBlock

__version__ = _version()

__all__ = [
    "Block",
    "BlockInfo",
    "Blocks",
    "Busy",
    "Cache",
    "Codec",
    "Encoded",
    "Error",
    "Errors",
    "Forked",
    "Layout",
    "LayoutMismatch",
    "LeaseLost",
    "Match",
    "Profile",
    "PutResult",
    "Rope",
    "ServerInfo",
    "Space",
    "Stage",
    "StageBlock",
    "Status",
    "TimedOut",
    "Unavailable",
    "chain_keys",
    "codec",
    "codecs",
    "connect",
    "key_from_bytes",
]
