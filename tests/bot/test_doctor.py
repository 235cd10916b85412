"""What ``newsbot doctor`` finds, and that it says what to do."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
from collections import namedtuple
from collections.abc import Collection
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import discord
import pytest
from discord.http import Route
from rich.console import Console

from bot import cli, doctor
from bot.doctor import Condition, Finding, examine, findings_to_json, show_finding
from bot.settings import SAMPLES, Settings
from corpus.errors import NewsbotError
from corpus.polling import Health, State
from corpus.store import Listed, Subscription
from index.answer import Coverage
from index.newsroom import Newsroom, Stats
from tests.bot.stand_in import TOKEN, StandIn
from tests.conftest import HashingEmbedder, OpenNewsroom

INVITATION = "https://discord.com/oauth2/authorize?client_id=1&scope=bot+applications.commands"
ALL = ["programs", "data", "disk", "model", "index", "feeds", "token", "commands", "servers", "clock"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """In an empty folder, with the tiny model, and without Discord where a test brings none."""

    async def open_with_the_tiny_model(settings: Settings) -> Newsroom:
        return await Newsroom.open(settings.data, model="hashing", load=HashingEmbedder)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "open_newsroom", open_with_the_tiny_model)
    if "stand_in" not in request.fixturenames:
        monkeypatch.setattr(Route, "BASE", "http://127.0.0.1:1")


@pytest.fixture
async def data(open_newsroom: OpenNewsroom, tmp_path: Path) -> Path:
    """A data folder with the samples."""
    newsroom = await open_newsroom(articles=[SAMPLES])
    await newsroom.reindex()
    await newsroom.close()
    return tmp_path / "data"


def settings(data: Path | str = "data", token: str = "", keepers: Collection[int] = ()) -> Settings:
    return Settings(_env_file=None, DISCORD_TOKEN=token or None).model_copy(  # type: ignore[call-arg]
        update={"data": Path(data), "keepers": frozenset(keepers)}
    )


def write(name: str, text: str) -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


async def findings(
    data: Path | str = "data", token: str = "", keepers: Collection[int] = ()
) -> dict[str, Finding]:
    return {finding.name: finding async for finding in examine(settings(data, token, keepers))}


def problem(told: str, todo: str) -> tuple[Condition, str, str]:
    return Condition.PROBLEM, told, todo


def seen(finding: Finding) -> tuple[Condition, str, str]:
    return finding.condition, finding.told, finding.todo


async def test_where_all_is_well_it_says_so_and_what_was_not_checked(data: Path) -> None:
    found = await findings(data)

    assert list(found) == ALL
    assert [name for name in ALL if found[name].condition is Condition.OK] == ALL[:6]
    assert [name for name in ALL if found[name].condition is Condition.UNKNOWN] == ALL[6:]
    assert found["model"].told == "hashing, 64 dimensions"
    assert found["index"].told.startswith("32 articles, ")
    assert found["token"].told == "DISCORD_TOKEN is not set"
    assert findings_to_json(list(found.values()))["well"]


async def test_without_a_data_folder_it_makes_none(tmp_path: Path) -> None:
    found = await findings("nowhere")

    assert found["data"].condition is Condition.PROBLEM
    assert "newsbot index PATH" in found["data"].todo
    assert found["index"].condition is Condition.UNKNOWN
    assert tmp_path / "nowhere" not in set(tmp_path.iterdir())  # noqa: ASYNC240


@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
async def test_what_others_may_read_is_told(data: Path) -> None:
    os.chmod(data, 0o755)  # noqa: PTH101, S103
    secrets = write(".env", "DISCORD_TOKEN=x")
    os.chmod(secrets, 0o644)  # noqa: PTH101

    found = await findings(data)

    assert seen(found["data"]) == problem(
        f"others on this machine may look into {data} (mode 0755)", f"chmod 700 {data}"
    )
    assert seen(found["secrets"])[2] == "chmod 600 .env"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
async def test_a_folder_that_cannot_be_written_is_told(data: Path) -> None:
    os.chmod(data, 0o500)  # noqa: PTH101
    found = await findings(data)
    os.chmod(data, 0o700)  # noqa: PTH101
    assert "cannot be written" in found["data"].told


async def test_a_full_disk_is_told(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**10, 10**10, 12_000_000))
    assert seen((await findings(data))["disk"]) == problem("0.0 GB free", f"make room on the disk of {data}")


async def test_a_program_that_is_missing_is_told(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_PROGRAMS", ("torch", "no-such-thing"))
    assert seen((await findings(data))["programs"]) == problem(
        "no-such-thing is missing", "install newsbot again: make bot"
    )


async def test_a_damaged_database_is_told(data: Path) -> None:
    (data / "newsbot.db").write_bytes(b"nothing" * 1000)
    found = await findings(data)
    assert found["index"].condition is Condition.PROBLEM
    assert "cannot be used" in found["index"].told


async def test_damage_in_the_middle_keeps_nothing_else_from_being_looked_at(data: Path) -> None:
    with closing(sqlite3.connect(data / "newsbot.db")) as database:
        ((page,),) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'feeds'")
        ((size,),) = database.execute("PRAGMA page_size")
    with (data / "newsbot.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    found = await findings(data)
    assert found["model"].condition is Condition.OK
    for name in ("index", "feeds"):
        assert found[name].condition is Condition.PROBLEM
        assert "newsbot restore" in found[name].todo
    assert "clock" in found


async def test_a_database_without_articles_is_told(open_newsroom: OpenNewsroom, tmp_path: Path) -> None:
    await (await open_newsroom()).close()
    found = await findings(tmp_path / "data")
    assert seen(found["index"]) == problem("there are no articles yet", "newsbot index PATH")
    assert found["model"].told == "it can be loaded; nothing is encoded yet"


async def test_passages_that_are_not_encoded_are_told(data: Path) -> None:
    with sqlite3.connect(data / "newsbot.db") as database:
        database.execute(
            "DELETE FROM vectors WHERE paragraph IN (SELECT id FROM paragraphs WHERE position = 1)"
        )
        database.execute("UPDATE models SET encoded = -1")  # as where a run was stopped in the middle
    database.close()
    shutil.rmtree(data / "lexicon")
    (data / "passages.faiss").unlink(missing_ok=True)

    found = await findings(data)

    assert found["index"].condition is Condition.PROBLEM
    assert "32 of them not encoded yet" in found["index"].told
    assert found["index"].todo == "newsbot reindex"


@pytest.fixture
def newsroom(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A newsroom whose troubles are made up."""
    double = create_autospec(Newsroom, instance=True, spec_set=True)
    double.__aenter__.return_value = double
    double.feeds.return_value = []
    double.check.return_value = []
    double.stats.return_value = Stats(Coverage(3, None, None), 7, 0, "hashing", 64, 1, (), 1)

    async def opened(_: Settings) -> Any:
        return double

    monkeypatch.setattr(doctor, "open_newsroom", opened)
    Path("data").mkdir(mode=0o700)
    return double


async def test_a_model_that_cannot_be_used_and_an_index_that_does_not_agree_are_told(newsroom: Any) -> None:
    newsroom.warm_up.side_effect = NewsbotError("the model x is not there: set NEWSBOT_MODEL to another")
    newsroom.check.return_value = ["the words are not those of the database: delete the folder lexicon"]

    found = await findings()

    assert seen(found["model"]) == problem("the model x is not there", "set NEWSBOT_MODEL to another")
    assert seen(found["index"]) == problem(
        "the words are not those of the database", "delete the folder lexicon"
    )
    newsroom.__aexit__.assert_awaited_once()


def feed(title: str, reason: str = "", health: Health = Health.ACTIVE) -> Listed:
    state = State("https://example.com/feed", datetime(2026, 3, 20, tzinfo=UTC), health, reason=reason)
    return Listed(Subscription(state, title), {})


async def test_feeds_in_trouble_are_told(newsroom: Any) -> None:
    newsroom.feeds.return_value = [feed("One"), feed("Two", "HTTP 500")]
    found = (await findings())["feeds"]
    assert found.told == "1 of 2 fail: Two (HTTP 500)"
    assert "tried again by themselves" in found.todo

    newsroom.feeds.return_value = [feed("", "HTTP 404", Health.PAUSED)] * 7
    found = (await findings())["feeds"]
    assert found.told.startswith("7 of 7 fail: https://example.com/feed (HTTP 404)")
    assert found.told.endswith("and 2 more")
    assert "newsbot feed poll" in found.todo

    newsroom.feeds.return_value = [feed("One")]
    assert (await findings())["feeds"].told == "1 feed, all well"


# At Discord


@pytest.fixture
async def registered(stand_in: StandIn) -> None:
    """Discord has the commands of this version, and the bot is on a server."""
    visitor = doctor._Visitor()
    await visitor.login(TOKEN)
    await visitor.register_commands()
    await visitor.close()
    enough = discord.Permissions(view_channel=True, send_messages=True)
    stand_in.servers = [{"id": "10", "name": "Readers", "permissions": str(enough.value)}]


async def test_with_a_token_discord_is_asked(registered: None, stand_in: StandIn) -> None:
    before = len(stand_in.registered)

    found = await findings(token=TOKEN)

    at_discord = [found[name] for name in ALL[6:]]
    assert [finding for finding in at_discord if finding.condition is not Condition.OK] == []
    assert found["token"].told == "Discord knows the bot as newsbot, application 1"
    assert found["commands"].told == f"the {before} commands are registered"
    assert TOKEN not in str(found)


async def test_a_token_that_discord_does_not_accept_is_told(stand_in: StandIn) -> None:
    found = await findings(token=TOKEN.replace("secret", "other1"))
    assert found["token"].told == "Discord does not accept DISCORD_TOKEN"
    assert "Reset Token" in found["token"].todo
    assert found["servers"].condition is Condition.UNKNOWN


@pytest.mark.parametrize("token", ["abc", "a.b", "bm90IGRpZ2l0cw.b.c", "é.b.c", "a.b.c.d"])
async def test_what_is_no_token_is_told_without_asking(token: str) -> None:
    found = await findings(token=token)
    assert found["token"].condition is Condition.PROBLEM
    assert "three parts" in found["token"].told


async def test_without_discord_nothing_is_said_of_it() -> None:
    found = await findings(token=TOKEN)
    for name in ALL[6:]:
        assert found[name].condition is Condition.UNKNOWN
        assert "Discord cannot be reached" in found[name].told


async def test_commands_that_are_not_ours_are_told(registered: None, stand_in: StandIn) -> None:
    stand_in.registered.pop()
    stand_in.calls.clear()
    found = (await findings(token=TOKEN))["commands"]
    assert found.condition is Condition.PROBLEM
    assert found.todo == "start the bot: newsbot run registers them"
    assert not any(call.what == "register" for call in stand_in.calls)  # it only looked


async def test_a_bot_that_is_nowhere_or_may_too_little_is_told(registered: None, stand_in: StandIn) -> None:
    (server,) = stand_in.servers
    stand_in.servers = [server | {"closed": True}]
    found = (await findings(token=TOKEN))["servers"]
    assert "Readers was not asked for slash commands" in found.told
    assert INVITATION in found.todo

    stand_in.servers = [server | {"permissions": "0"}]
    found = (await findings(token=TOKEN))["servers"]
    assert "on Readers the bot may not see channels or write" in found.told

    stand_in.servers = []
    found = (await findings(token=TOKEN))["servers"]
    assert seen(found) == problem("the bot is on no server", f"invite it: {INVITATION}")


async def test_on_several_servers_it_is_told_when_all_their_managers_may_change_what_they_share(
    registered: None, stand_in: StandIn
) -> None:
    assert (await findings(token=TOKEN))["servers"].condition is Condition.OK  # it is on one

    stand_in.servers.append(stand_in.servers[0] | {"id": "11", "name": "Writers"})

    assert seen((await findings(token=TOKEN))["servers"]) == problem(
        "whoever manages any server that the bot is on may change the articles and feeds of all",
        "set NEWSBOT_KEEPERS to the ids of the servers whose managers may, of all if so",
    )
    for keepers in ([10], [10, 11]):
        found = (await findings(token=TOKEN, keepers=keepers))["servers"]
        assert found.condition is Condition.OK


async def test_keepers_that_the_bot_is_not_on_are_told_if_discord_has_told_of_all(
    registered: None, stand_in: StandIn
) -> None:
    found = (await findings(token=TOKEN, keepers=[10, 13, 12]))["servers"]
    assert seen(found) == problem(
        "NEWSBOT_KEEPERS names servers that the bot is not on: 12, 13",
        "set it right, or invite the bot there",
    )

    stand_in.servers = [stand_in.servers[0] | {"id": str(number)} for number in range(1000, 1200)]
    assert (await findings(token=TOKEN, keepers=[12]))["servers"].condition is Condition.OK


@pytest.mark.parametrize(("seconds", "where"), [(3600, "ahead"), (-3600, "behind")])
async def test_a_clock_that_is_wrong_is_told(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, seconds: int, where: str
) -> None:
    class Clock:
        @staticmethod
        def now(zone: Any) -> datetime:
            return datetime.now(zone) + timedelta(seconds=seconds)

    monkeypatch.setattr(doctor, "datetime", Clock)
    found = (await findings())["clock"]
    assert found.condition is Condition.PROBLEM
    assert f" s {where}, " in found.told


# On the command line


def test_a_terminal_shows_what_to_do_under_what_is_wrong() -> None:
    file = io.StringIO()
    show_finding(Console(file=file), Finding("disk", Condition.PROBLEM, "0.1 GB\x1b[2J free", "make room"))
    assert file.getvalue() == f"disk      problem      0.1 GB\ufffd[2J free\n{'':<23}→ make room\n"


@pytest.mark.parametrize(("folder", "status"), [("data", 0), ("nowhere", 1)])
def test_the_exit_status_tells_whether_there_are_problems(
    capsys: pytest.CaptureFixture[str], newsroom: Any, folder: str, status: int
) -> None:
    assert cli.main(["--data", folder, "doctor", "--json"]) == status

    printed = json.loads(capsys.readouterr().out)
    assert printed["well"] is (status == 0)
    assert [check["name"] for check in printed["checks"]] == ALL
