"""What the files under deploy/ name is there, and they start the bot as nobody in particular."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bot.settings import Settings
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
UNIT = (DEPLOY / "newsbot.service").read_text()


def settings_in(text: str) -> set[str]:
    return set(re.findall(r"\bNEWSBOT_[A-Z_]+", text))


@pytest.mark.parametrize("file", ["Dockerfile", "compose.yaml", "newsbot.service"])
def test_each_setting_that_is_named_exists(file: str) -> None:
    known = {f"NEWSBOT_{name.upper()}" for name in Settings.model_fields}
    assert settings_in((DEPLOY / file).read_text()) <= known


def test_what_goes_into_the_image_is_there_and_not_left_out() -> None:
    copied = [
        path for line in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE) for path in line.split()
    ]
    assert {"bot", "index", "corpus", "pyproject.toml"} <= set(copied)
    let_in = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    for path in copied:
        assert (ROOT / path).exists(), path
        assert f"!{path}" in let_in, path


def test_the_container_runs_the_bot_as_a_user_of_its_own_and_looks_at_its_health() -> None:
    assert re.search(r"^USER newsbot$", DOCKERFILE, re.MULTILINE)
    assert DOCKERFILE.index("USER newsbot") < DOCKERFILE.index("ENTRYPOINT")
    entry, command = (
        json.loads(re.search(rf"^{name} (\[.+\])$", DOCKERFILE, re.MULTILINE)[1])  # type: ignore[index]
        for name in ("ENTRYPOINT", "CMD")
    )
    assert [*entry, *command] == ["newsbot", "run"]
    assert "NEWSBOT_METRICS_PORT=9464" in DOCKERFILE
    assert "http://127.0.0.1:9464/health" in DOCKERFILE


def test_compose_keeps_the_data_and_lets_nothing_else_be_written() -> None:
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["newsbot"]
    assert service["volumes"] == ["data:/data"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert f"NEWSBOT_METRICS_PORT={service['environment']['NEWSBOT_METRICS_PORT']}" in DOCKERFILE
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).resolve().exists()
    assert (DEPLOY / service["env_file"]).resolve() == ROOT / ".env"


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("needs systemd-analyze")
    started = shlex.split(re.search("^ExecStart=(.+)$", UNIT, re.MULTILINE)[1])  # type: ignore[index]
    assert started[1:] == ["run"]
    unit = tmp_path / "newsbot.service"
    unit.write_text(UNIT.replace(started[0], sys.executable))
    told = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, check=False)  # noqa: S603
    complaints = [line for line in told.stderr.splitlines() if "newsbot" in line]
    assert complaints == []
