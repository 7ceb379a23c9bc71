# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""What the engines answered, added up, and shown as a table."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Row:
    """One prompt of one engine, for the table."""

    who: str
    cached: bool  # counts for the hit ratio: a prompt of which the cache could know the beginning
    answer: dict[str, Any]
    identical: bool | None = None  # to the run without the cache; None: not compared
    reference: bool = False  # the run without the cache itself


def summary(rows: list[Row]) -> dict[str, Any]:
    """The numbers of a run. `bytes_used` is what the same prompts would take if each engine kept its own."""
    answers = [row.answer for row in rows if not row.reference]
    asking = [row.answer for row in rows if row.cached]
    compared = [row.identical for row in rows if row.identical is not None]
    size = rows[0].answer["block_bytes"]
    found, asked = (sum(answer[name] for answer in asking) for name in ("tokens_found", "tokens"))
    stored = sum(answer["blocks_stored"] + answer.get("blocks_stored_by_a", 0) for answer in answers)
    return {
        "bit_identical": bool(compared) and all(compared),
        "runs_compared": len(compared),
        "tokens_found": found,
        "tokens_asked": asked,
        "hit_ratio": round(found / asked, 4),
        "blocks_stored": stored,
        "blocks_different": len({key for answer in answers for key in answer["keys"]}),
        "bytes_stored": stored * size,
        "bytes_used": sum(len(answer["keys"]) for answer in answers) * size,
    }


def table(rows: list[Row], numbers: dict[str, Any]) -> str:
    """The end of the demonstration, for people."""
    lines = [f"{'engine':<22}{'tokens':>8}{'found':>8}{'prefill':>12}{'blocks stored':>16}{'same bits':>12}"]
    lines.append("-" * len(lines[0]))
    for row in rows:
        answer, same = row.answer, "-" if row.identical is None else "yes" if row.identical else "NO"
        lines.append(
            f"{row.who:<22}{answer['tokens']:>8}{answer['tokens_found']:>8}{answer['seconds'] * 1000:>9.1f} ms"
            f"{answer['blocks_stored']:>16}{same:>12}"
        )
    s = numbers
    facts = [
        ("tokens found", f"{s['tokens_found']:,} of {s['tokens_asked']:,} asked for, hit ratio {s['hit_ratio']:.3f}"),
        ("prefill of B's prompt", f"{s['prefill_seconds_without'] * 1000:.1f} ms without the cache"),
        ("", f"{s['prefill_seconds_with'] * 1000:.1f} ms with it ({s['speedup']:.0f} times as fast)"),
        ("bytes stored once", f"{s['bytes_stored']:,}"),
        ("bytes used by all", f"{s['bytes_used']:,} ({s['bytes_used'] / s['bytes_stored']:.1f} times as many)"),
        ("logits", "bit-identical" if s["bit_identical"] else "DIFFERENT"),
    ]
    return "\n".join([*lines, "", *(f"{name:<22}{value}" for name, value in facts)])
