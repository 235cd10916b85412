"""As time goes by, nothing is left behind; benchmarks/soak.py lets more go by, and looks at memory."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.soak import soak
from tests.conftest import HashingEmbedder


@pytest.mark.skipif(sys.platform != "linux", reason="the books that are looked at are Linux's")
async def test_questions_and_runs_leave_no_files_threads_or_tasks_behind(tmp_path: Path) -> None:
    rows, problems = await soak(tmp_path, 300, 12, articles=4, load=HashingEmbedder, model="hashing")
    assert problems == []
    first, last = rows[0], rows[-1]
    assert (last["questions"], last["runs"], last["failures"]) == (300, 12, 0)
    assert last["answered"] > 100
    # Ten runs lie between them. A few are open by chance: a connection to a site, a file that is read.
    for name in ("descriptors", "threads", "tasks"):
        assert last[name] <= first[name] + 6, name
    assert last["files"] <= 200  # of tantivy, which joins its own from time to time
    assert last["folder"] <= 2 * first["folder"]
