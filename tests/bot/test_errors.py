"""What an error says to a member."""

from __future__ import annotations

import pytest
from discord import app_commands

from bot.errors import explain
from corpus.errors import Busy, NewsbotError


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            NewsbotError("the index is damaged: run newsbot reindex"),
            "The index is damaged: run newsbot reindex.",
        ),
        (Busy("Wait!"), "Wait!"),
        (
            app_commands.MissingPermissions(["manage_guild"]),
            "Only members with the permission Manage Server can do this.",
        ),
        (app_commands.NoPrivateMessage(), "This works on a server, not in direct messages."),
        (
            app_commands.CommandNotFound("old", []),
            "This command has just been changed. Try again in a minute, or restart Discord.",
        ),
        (app_commands.CheckFailure(), "This cannot be done here, or not by you."),
        (app_commands.AppCommandError("a defect"), None),
        (ZeroDivisionError(), None),
    ],
)
def test_each_error_has_its_message(error: Exception, message: str | None) -> None:
    assert explain(error) == message
