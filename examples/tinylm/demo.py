# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""The demonstration: a daemon, a real small language model in separate processes, and what they share.

Starts a daemon with no configuration file, lets engine processes read long prompts through it, kills one of them in
the middle of a put, lets four share one system prompt, and ends with a table. Exit code 0 means that every claim that
it prints was checked and held.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Any

import cellard
import numpy as np

from daemon import Daemon, DaemonError
from engine_process import EngineProcess, WorkerError
from report import Row, summary, table

# The questions begin with different tokens, so what two prompts have in common ends with the file.
TEXT, SYSTEM = "text.txt", "system.txt"
QUESTION_A = "BAPTISTA:\nWhat say you, Signior Gremio?\n\nGREMIO:\n"
QUESTION_B = "KATHARINA:\nFather, hear me speak.\n\nBAPTISTA:\n"
QUESTION_HALF = "PETRUCHIO:\nCome, Kate, and let us go to Venice before the night.\n\nKATHARINA:\n"
FIRST_STORIES = ["A cat wanted", "The old truck", "Lily and her mom", "Tom found a box"]
SECOND_STORIES = ["A frog lost", "The tall tree", "Ben and his dog", "Sam saw a star"]
CONTINUE_TOKENS = 12
SETTLE_SECONDS = 5.0


@dataclass
class Demo:
    """The acts, in order, and what came of them. `failed` holds the claims that did not hold."""

    scratch: pathlib.Path
    cache: cellard.Cache
    rows: list[Row] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    engines: list[EngineProcess] = field(default_factory=list)

    # --- help for the acts ---

    def start(self, *names: str, cache: bool = True) -> list[EngineProcess]:
        """New engine processes, side by side, ready to read."""
        options = [] if cache else ["--no-cache"]
        started = []
        for name in names:
            started.append(EngineProcess(name, *options))
            self.engines.append(started[-1])
        return [engine.ready() for engine in started]

    def claim(self, what: str, holds: bool) -> bool:
        """Prints a claim with its verdict."""
        print(f"   {'ok' if holds else 'FAILED':>6}  {what}", flush=True)
        if not holds:
            self.failed.append(what)
        return holds

    def logits_file(self, name: str) -> str:
        return os.fspath(self.scratch / f"{name}.npy")

    def same_bits(self, left: dict[str, Any], left_name: str, right: dict[str, Any], right_name: str) -> bool:
        """Compares two runs' logits: the numbers one by one, and the digests that the processes themselves computed."""
        first, second = np.load(self.logits_file(left_name)), np.load(self.logits_file(right_name))
        return bool(first.size) and np.array_equal(first, second) and left["logits_sha256"] == right["logits_sha256"]

    def held(self) -> dict[str, int]:
        """What the daemon holds for its sessions, as far as its statistics say."""
        stats = self.cache.stats()
        names = ("sessions", "staging_bytes", "leases")
        return {name: stats[name] for name in names if isinstance(stats.get(name), int)}

    def settled(self) -> dict[str, int]:
        """Waits, not for long, until the daemon holds only this process's own session; returns what it held beyond."""
        clean = {"sessions": 1, "staging_bytes": 0, "leases": 0}
        until = time.monotonic() + SETTLE_SECONDS
        while (held := self.held()) != {name: clean[name] for name in held} and time.monotonic() < until:
            time.sleep(0.05)
        return {name: value for name, value in held.items() if value != clean[name]}

    # --- the acts ---

    def write(self) -> EngineProcess:
        print("\n1. Engine A reads a long text and stores its keys and values as it goes.", flush=True)
        (engine,) = self.start("A")
        answer = engine.ask("read", prefix=TEXT, question=QUESTION_A, logits=self.logits_file("a"))
        self.rows.append(Row("A, the first reader", False, answer))
        self.claim(
            f"{answer['blocks_stored']} blocks of {answer['block_tokens']} tokens stored",
            answer["blocks_stored"] == len(answer["keys"]),
        )
        return engine

    def read(self) -> EngineProcess:
        print("\n2. Engine B, new, reads the same text with another question. N does so without the cache.", flush=True)
        (reference,) = self.start("N", cache=False)
        question = {"prefix": TEXT, "question": QUESTION_B, "generate": CONTINUE_TOKENS}
        without = reference.ask("read", **question, logits=self.logits_file("n"))
        self.rows.append(Row("N, without the cache", False, without, reference=True))
        (engine,) = self.start("B")
        answer = engine.ask("read", **question, logits=self.logits_file("b"))
        same = self.same_bits(answer, "b", without, "n")
        self.rows.append(Row("B, the same text", True, answer, same))
        shared = answer["prefix_blocks"] * answer["block_tokens"]
        self.claim(f"{shared} tokens found, all full blocks of the common text", answer["tokens_found"] == shared)
        self.claim("the logits of everything after them are the same, bit for bit", same)
        print(f"           both write: {' '.join(answer['continuation'].split())} ...")
        self.told |= {
            "tokens_found_by_b": answer["tokens_found"],
            "prefill_seconds_without": without["seconds"],
            "prefill_seconds_with": answer["seconds"],
            "lookup_seconds": answer["lookup_seconds"],
            "speedup": round(without["seconds"] / answer["seconds"], 1),
        }
        engine.close()
        return reference

    def kill(self, victim: EngineProcess) -> None:
        print("\n3. A reads on, and is killed in the middle of a put.", flush=True)
        half = victim.ask("put_half", prefix=TEXT, question=QUESTION_HALF)
        whole, chain = len(half["digests"]) - 1, {"ids": half["ids"], "digests": half["digests"]}
        (observer,) = self.start("O")
        before = observer.ask("check", **chain)
        observer.close()
        self.told["held_before_kill"] = self.held()
        unseen = before["matched"] == before["got"] == whole
        self.claim("while half of the block is written, others do not see it", unseen)

        self.claim("A is dead (kill -9)", victim.kill() == -signal.SIGKILL)
        leaked = self.settled()
        (heir,) = self.start("C")
        after = heir.ask("check", **chain)
        torn = before["matched"] > whole or after["matched"] > whole or after["got"] > whole
        self.claim("a new engine C does not see the half-put block either", not torn)
        intact = self.claim(
            f"the {whole} blocks before it are there and have A's bytes",
            after["matched"] == after["got"] == whole and after["equal"],
        )
        if self.told["held_before_kill"]:
            self.claim(f"no reservation, lease or session of A is left {leaked or ''}".rstrip(), not leaked)
        again = heir.ask("store_again", ids=half["ids"])
        # What A stored before it died has no answer of its own: it is the part of the chain that was new to C.
        again["blocks_stored_by_a"] = half["blocks_stored"]
        self.rows.append(Row("C, where A stopped", True, again))
        final = heir.ask("check", **chain)
        stored_again = again["blocks_stored"] == 1 and final["matched"] == whole + 1 and final["equal"]
        self.claim("C computes that block, stores it, and it is what A would have put", stored_again)
        self.told |= {
            "torn_block_seen": torn,
            "chain_intact_after_kill": intact,
            "stored_again_after_kill": stored_again,
            "leaked_after_kill": leaked,
        }
        heir.close()

    def share(self, reference: EngineProcess) -> None:
        print("\n4. Four engines at once read different stories under one system prompt, twice.", flush=True)
        names = ["D", "E", "F", "G"]
        engines = self.start(*names)
        for number, (stories, what) in enumerate([(FIRST_STORIES, "first"), (SECOND_STORIES, "next")]):
            start_at = time.monotonic() + 0.2  # one clock for all processes, so it makes a barrier
            prompts = [{"prefix": SYSTEM, "question": story, "generate": CONTINUE_TOKENS} for story in stories]
            for name, engine, prompt in zip(names, engines, prompts, strict=True):
                engine.send("read", **prompt, logits=self.logits_file(f"{name}{number}"), start_at=start_at)
            answers = [engine.answer() for engine in engines]
            for name, prompt, answer in zip(names, prompts, answers, strict=True):
                without = reference.ask("read", **prompt, logits=self.logits_file("n"))
                same = self.same_bits(answer, f"{name}{number}", without, "n")
                self.rows.append(Row(f"{name}, its {what} story", number == 1, answer, same))
            same_bits = all(row.identical for row in self.rows[-len(names) :])
            self.claim("the same logits as without the cache, in all four", same_bits)
            if number == 0:
                self.check_stored_once(answers)
        shared = answers[0]["prefix_blocks"] * answers[0]["block_tokens"]
        self.claim(
            f"each of the four finds the {shared} tokens of the system prompt",
            all(answer["tokens_found"] >= shared for answer in answers),
        )
        # A put is counted when it won the reservation; whether the block came to be is another question.
        chains = [row.answer["keys"] for row in self.rows if not row.reference]
        matched = engines[0].ask("matched", chains=chains)["matched"]
        self.claim("every block of every prompt so far can be found", matched == [len(chain) for chain in chains])
        print(f"           D writes: {SECOND_STORIES[0]}{answers[0]['continuation'].rstrip()} ...")
        self.told |= {"processes_sharing": len(names), "shared_tokens": shared}

    def check_stored_once(self, answers: list[dict[str, Any]]) -> None:
        """All four had every block of the system prompt to put; each may have got in once."""
        different = len({key for answer in answers for key in answer["keys"]})
        offered = sum(len(answer["keys"]) - answer["tokens_found"] // answer["block_tokens"] for answer in answers)
        stored = sum(answer["blocks_stored"] for answer in answers)
        self.claim(f"{offered} blocks offered, {different} of them different, {stored} stored", stored == different)

    # --- the end ---

    def summary(self) -> dict[str, Any]:
        """What the run told, in numbers."""
        numbers = summary(self.rows)
        self.claim("every block is stored exactly once", numbers["blocks_stored"] == numbers["blocks_different"])
        return self.told | numbers | {"stats": self.cache.stats()}

    def close(self) -> None:
        for engine in self.engines:
            engine.close()


def run(program: pathlib.Path, as_json: bool) -> int:
    """The whole demonstration; returns the exit code."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cellard-demo-") as folder:
        scratch = pathlib.Path(folder)
        daemon = Daemon(program, scratch)
        try:
            print(f"The daemon is ready on {daemon.socket} after {daemon.start_seconds * 1000:.0f} ms.", flush=True)
            if daemon.note:
                print(f"({daemon.note})")
            with cellard.connect(socket=None, deadline=5.0) as cache:
                demo = Demo(scratch, cache)
                try:
                    victim = demo.write()
                    reference = demo.read()
                    demo.kill(victim)
                    demo.share(reference)
                    print("\n5. The end.", flush=True)
                    numbers = demo.summary()
                finally:
                    demo.close()
            code = daemon.stop()
            demo.claim(f"the daemon ends on SIGTERM with code {code}", code == 0)
        except WorkerError as error:
            raise WorkerError(f"{error}\nThe daemon's log ends so:\n{daemon.log_tail()}") from None
        finally:
            daemon.close()
    numbers |= {
        "daemon_exit_code": code,
        "failed": demo.failed,
        "ok": not demo.failed,
        "seconds": round(time.monotonic() - began, 2),
    }
    print("\n" + table(demo.rows, numbers))
    verdict = f"{len(demo.failed)} CLAIMS FAILED" if demo.failed else "all claims held"
    print(f"\n{verdict}, {numbers['seconds']:.1f} s", flush=True)
    if as_json:
        print(json.dumps(numbers, default=str), flush=True)
    return 1 if demo.failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--daemon", type=pathlib.Path, required=True, metavar="PATH", help="the cellard program")
    parser.add_argument("--json", action="store_true", help="print the same as one JSON object, in the last line")
    arguments = parser.parse_args()
    # The demonstration is about defaults: whatever the caller's shell says about another daemon is not for it.
    for name in [name for name in os.environ if name.startswith("CELLARD_")]:
        del os.environ[name]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return run(arguments.daemon.resolve(), arguments.json)
    except (DaemonError, WorkerError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
