"""What can be set and what can be called is written down where people look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from bot.cli import app
from bot.settings import Settings
from tests.conftest import ROOT


def commands(group: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Each command by its full name, those of groups too."""
    for part, command in group.commands.items():
        yield f"{name} {part}".strip(), command
        if hasattr(command, "commands"):
            yield from commands(command, part)


COMMANDS = dict(commands(get_command(app)))
SETTINGS = sorted(
    str(field.validation_alias or f"{Settings.model_config['env_prefix']}{name.upper()}")
    for name, field in Settings.model_fields.items()
)
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def settings_section() -> str:
    """The README from the heading about settings to the next heading of its rank."""
    found = re.search(
        r"^(#+) [^\n]*\bsettings\b.*?(?=^\1 |\Z)", README, re.MULTILINE | re.DOTALL | re.IGNORECASE
    )
    assert found, "README.md has no section about settings"
    return found[0]


@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_is_in_the_example_with_a_comment_above_it(name: str) -> None:
    assert re.search(rf"^# .+\n#?{name}=", EXAMPLE, re.MULTILINE)


@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_is_in_the_settings_section_of_the_readme(name: str) -> None:
    assert f"`{name}`" in settings_section()


def test_no_setting_is_documented_that_is_none() -> None:
    documented = {*re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE)}
    documented |= {*re.findall(r"`((?:NEWSBOT|DISCORD)_[A-Z_]+)`", settings_section())}
    assert documented == {*SETTINGS}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_in_the_readme(name: str) -> None:
    assert re.search(rf"\bnewsbot (--data \S+ )?{name}\b", README)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_says_what_it_does_and_gives_an_example(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert f"newsbot {name}" in command.epilog or f" {name}" in command.epilog
    for parameter in command.params:
        assert parameter.help, f"{parameter.name} is not explained"


def test_each_benchmark_is_in_the_list_of_benchmarks() -> None:
    listed = (ROOT / "benchmarks/README.md").read_text(encoding="utf-8")
    for file in (ROOT / "benchmarks").glob("*.py"):
        assert file.name == "__init__.py" or f"| `{file.name}` |" in listed
