"""How many threads compute."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from index import cores
from index.cores import usable_cores


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine of eight cores, on which the process is in the group "/service/newsbot"."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    (tmp_path / "own").write_text("12:cpu:/elsewhere\n0::/service/newsbot\n")
    monkeypatch.setattr(cores, "_OWN", tmp_path / "own")
    monkeypatch.setattr(cores, "_GROUPS", tmp_path / "groups")
    (tmp_path / "groups" / "service" / "newsbot").mkdir(parents=True)
    return tmp_path / "groups"


def test_all_cores_are_used_where_nothing_limits_them(machine: Path) -> None:
    (machine / "service" / "newsbot" / "cpu.max").write_text("max 100000\n")
    assert usable_cores() == 8


def test_cores_that_the_process_may_not_run_on_do_not_count(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {2, 5, 6}, raising=False)
    assert usable_cores() == 3


@pytest.mark.parametrize("group", ["", "service", "service/newsbot"])
@pytest.mark.parametrize(("limit", "cores"), [("250000 100000", 3), ("20000 100000", 1), ("nonsense", 8)])
def test_time_that_a_group_does_not_have_does_not_count(
    machine: Path, group: str, limit: str, cores: int
) -> None:
    (machine / group / "cpu.max").write_text(limit)
    assert usable_cores() == cores


def test_without_control_groups_the_processors_decide(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "_OWN", machine / "missing")
    assert usable_cores() == 8


def test_a_system_that_binds_no_process_to_cores_has_all_of_them(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    assert usable_cores() == 8


@pytest.mark.parametrize(("wanted", "cores"), [("2", 2), ("16", 16), ("0", 8), ("many", 8), ("", 8)])
def test_whoever_sets_the_number_of_threads_gets_it(
    machine: Path, monkeypatch: pytest.MonkeyPatch, wanted: str, cores: int
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", wanted)
    assert usable_cores() == cores
