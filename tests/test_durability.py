"""The plug may be pulled at any moment; benchmarks/durability.py does it more often."""

from __future__ import annotations

import sys

import pytest

from benchmarks.durability import KINDS, main


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_after_a_kill_the_next_start_finds_everything_as_it_was_told() -> None:
    assert main(len(KINDS), seed=7) == []
