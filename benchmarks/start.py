"""How long `newsbot ask` takes from the start of the process to its answer.

    python benchmarks/start.py DATA [TIMES]

DATA is a data folder. Each time (5 by default) a process of its own answers one question. Printed are seconds
of time and of CPU time, and the most memory that it held.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time


def main(data: str, times: int) -> None:
    """Ask, and print a line for each time and the medians."""
    code = "import sys; from bot.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "--data", data, "ask", "--json", "Who won the election?"]
    rows = []
    for _ in range(times):
        began, before = time.perf_counter(), os.times()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        after = os.times()
        used = sum(after[2:4]) - sum(before[2:4])
        rows.append((time.perf_counter() - began, used))
        print("{:6.2f} s   {:6.2f} s of CPU".format(*rows[-1]))
    wall, used = (statistics.median(column) for column in zip(*rows, strict=True))
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"median {wall:.2f} s, {used:.2f} s of CPU, {memory:.0f} MB")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    main(sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else 5)
