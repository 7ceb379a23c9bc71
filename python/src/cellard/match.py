# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""What a lookup says."""

from typing import NamedTuple


class Match(NamedTuple):
    """Leading blocks known in any tier, and of these: readable now, and on their way."""

    matched: int
    ready: int
    loading: int
