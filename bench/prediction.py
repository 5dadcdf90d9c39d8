"""Measure how well a plan predicts its shards' seconds, after a few runs of the suite.

    python bench/prediction.py [--shards 2] [--bound 30] [--runs 3] [--workers 2]

The suite is that of bench/sharding.py, scaled so that no shard is shorter than ``--bound`` seconds. It runs whole as
often as ``--runs`` says, each run's merge continuing the history; then the plan is made from that, each shard runs, and
the seconds that the plan predicted stand beside those that a shard took, from its first test's setup to its last end.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path

from sharding import JUNCTURE, call, generate, learn, run

LEAST = 1.0
"""Seconds by which a prediction may always be wrong; above it a tenth counts."""


def main() -> None:
    """Print predicted and actual seconds of each shard."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, default=2, help="number of shards (default: 2)")
    parser.add_argument("--bound", type=float, default=30.0, help="seconds of the bound (default: 30)")
    parser.add_argument("--runs", type=int, default=3, help="runs to learn from (default: 3)")
    parser.add_argument("--workers", type=int, default=2, help="workers of each shard (default: 2)")
    arguments = parser.parse_args()
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as name:
        suite = generate(Path(name), arguments.bound * arguments.shards * arguments.workers)
        for number in range(arguments.runs):
            learn(suite, arguments.workers, history="merged/history.json" if number else "")
        walls, _ = run(suite, JUNCTURE, arguments.shards, arguments.workers)
        plan = ["--shards", str(arguments.shards), "--workers", str(arguments.workers), "--json"]
        told = json.loads(call(suite, "juncture", "plan", *plan, "--history", "merged/history.json"))
    print(f"\n{'shard':>5}{'predicted':>11}{'actual':>9}{'off by':>9}{'allowed':>9}")
    for shard, wall in zip(told["shards"], walls, strict=True):
        predicted = shard["predicted_seconds"]
        print(
            f"{shard['index']:>5}{predicted:11.2f}{wall:9.2f}{wall - predicted:+9.2f}{max(LEAST, predicted / 10):9.2f}"
        )


if __name__ == "__main__":
    main()
