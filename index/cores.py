"""How many processors this process may keep busy."""

from __future__ import annotations

import math
import os
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")  # where Linux shows control groups, of version 2
_OWN = Path("/proc/self/cgroup")


def usable_cores() -> int:
    """What OMP_NUM_THREADS says, as for other libraries that compute; else what the system grants.

    Those are the processors that the process may run on, and no more than its control group has time for, or
    one that it lies in: a container or a service may have less than the machine.
    """
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    available = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, math.ceil(min(available, _granted())))


def _granted() -> float:
    """Processors that the control groups have time for; infinite where nothing is limited or known."""
    try:
        own = next(line[3:] for line in _OWN.read_text().splitlines() if line.startswith("0::"))
    except (OSError, StopIteration):
        return math.inf
    folder = _GROUPS / own.lstrip("/")
    return min(_limit(group / "cpu.max") for group in (folder, *folder.parents))


def _limit(file: Path) -> float:
    try:
        quota, period = file.read_text().split()
        return math.inf if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return math.inf
