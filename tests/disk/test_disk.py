"""Runs ``faults.py`` in a namespace of its own, where it may mount small disks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

_ALONE = ["unshare", "--user", "--map-root-user", "--mount"]


def _may_mount(folder: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    return subprocess.run([*_ALONE, *mount], capture_output=True, check=False).returncode == 0  # noqa: S603


def test_nothing_is_lost_on_a_disk_that_is_full_or_read_only(tmp_path: Path) -> None:
    if not _may_mount(tmp_path):
        pytest.skip("needs a system where everybody may mount a tmpfs in a namespace")
    file = Path(__file__).with_name("faults.py")
    result = subprocess.run(  # noqa: S603 - our own tests
        [*_ALONE, sys.executable, "-m", "pytest", "--basetemp", tmp_path / "inside", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
