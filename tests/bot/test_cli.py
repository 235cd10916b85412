"""What somebody at a shell sees. The newsroom is a stand-in here; test_cli_for_real.py has a real one."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from unittest.mock import AsyncMock, Mock, create_autospec

import jsonschema
import pytest

from bot import cli, client, preview
from bot.dates import today
from bot.settings import SAMPLES, load
from corpus.errors import Busy, NewsbotError
from corpus.reading import Failure
from index.answer import Answer, Coverage, Question
from index.newsroom import Diff, Newsroom, Stats
from tests.bot.test_terminal import ANSWER, ANSWER_SCHEMA, COVERAGE, NOTHING, SENTENCE

NO_DIFF = Diff(added=(), changed=(), removed=(), unchanged=(), failed=(), passed_over=())

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a .env, and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in [*os.environ]:
        if name.startswith("NEWSBOT_") or name == "DISCORD_TOKEN":
            monkeypatch.delenv(name)


@pytest.fixture
def newsroom(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """The stand-in that every command opens; ``open_newsroom`` has how."""

    async def closing(*_: object) -> None:
        await stand_in.close()

    stand_in: Mock = create_autospec(Newsroom, instance=True, spec_set=True)
    stand_in.__aenter__.return_value = stand_in
    stand_in.__aexit__.side_effect = closing
    stand_in.ask.side_effect = lambda question: replace(ANSWER, question=question)
    monkeypatch.setattr(Newsroom, "open", AsyncMock(spec=Newsroom.open, return_value=stand_in))
    return stand_in


@pytest.fixture
def open_newsroom(newsroom: Mock) -> Mock:
    opened = Newsroom.open
    assert isinstance(opened, Mock)
    return opened


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; gives its exit status, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(arguments)
        return status, *capsys.readouterr()

    return run


def asked(newsroom: Mock) -> Question:
    """The one question that was asked."""
    newsroom.ask.assert_awaited_once()
    question = newsroom.ask.await_args.args[0]
    assert isinstance(question, Question)
    return question


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str | type[BaseException]) -> None:
    """Lets a prompt read these lines, and then the end of the input."""
    waiting: Iterator[str | type[BaseException]] = iter([*lines, EOFError])

    def read(prompt: str) -> str:
        line = next(waiting)
        if isinstance(line, str):
            return line
        raise line

    monkeypatch.setattr("builtins.input", read)


def write_questions(*lines: object) -> str:
    Path("questions.jsonl").write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8"
    )
    return "questions.jsonl"


# Calling it


def test_without_a_command_there_is_help(run: Run) -> None:
    status, out, _ = run()
    assert status == 0
    assert 'newsbot ask "Who won the election?"' in out


@pytest.mark.parametrize("command", [(), ("ask",), ("feedback", "export"), ("feed", "poll")])
def test_help_is_for_people_and_wraps(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    status, out, _ = run(*command, "--help")
    assert status == 0
    assert "--help" in out
    assert not re.search(r"<\w+", out), "a type of Python"
    paragraphs = re.split(r"\n\s*\n", out.partition("╭")[0].strip())
    assert len(paragraphs) >= 2
    assert not any("\n" in paragraph for paragraph in paragraphs)


def test_the_version_is_told(run: Run) -> None:
    status, out, _ = run("--version")
    assert status == 0
    assert out.startswith("newsbot 0.")


def test_help_needs_no_settings(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBOT_THRESHOLD", "high")
    status, out, _ = run("ask", "--help")
    assert status == 0
    assert "--as-of" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nope"], "No such command 'nope': see newsbot --help"),
        (["ask"], "Missing argument 'QUESTION': see newsbot ask --help"),
        (["ask", "-k", "0", "x"], "greater than or equal to 1"),
        (["ask", "-k", "three", "x"], "valid integer"),
        (["ask", "--since", "yesterday", "x"], "“yesterday” is not a date: write year-month-day"),
        (["ask", "--until", "2026-02-30", "x"], "there is no day 2026-02-30"),
        (["ask", "--as-of", "2026-W01-1", "x"], "“2026-W01-1” is not a date"),
        (["index", "--sideways", "x"], "No such option: --sideways"),
        (["index", "--json=yes", "x"], "does not take a value"),
        (["index"], "Missing argument 'PATH'"),
    ],
)
def test_a_wrong_call_is_one_line_that_says_what_to_do(run: Run, arguments: list[str], words: str) -> None:
    status, out, err = run(*arguments)
    assert status == 2
    assert out == ""
    assert err.startswith("newsbot: ")
    assert words in err
    assert err.count("\n") == 1


def test_a_wrong_setting_is_one_line(run: Run, newsroom: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBOT_THRESHOLD", "high")
    status, _, err = run("stats")
    assert status == 2
    assert err.startswith("newsbot: NEWSBOT_THRESHOLD: ")
    assert err.count("\n") == 1


def test_settings_reach_the_newsroom(run: Run, open_newsroom: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBOT_MODEL", "tiny")
    monkeypatch.setenv("NEWSBOT_THRESHOLD", "0.3")
    monkeypatch.setenv("NEWSBOT_ARTICLES", "wire")
    monkeypatch.setenv("NEWSBOT_CONTACT", "news@example.com")
    monkeypatch.setenv("NEWSBOT_ALLOWED_HOSTS", "localhost")
    run("--data", "here", "ask", "Who?")
    open_newsroom.assert_awaited_once_with(
        Path("here"),
        model="tiny",
        articles=(Path("wire"),),
        reranker=None,
        threshold=0.3,
        contact="news@example.com",
        allowed_hosts=("localhost",),
    )


def test_what_cannot_be_done_is_one_line_without_a_traceback(run: Run, open_newsroom: Mock) -> None:
    open_newsroom.side_effect = NewsbotError("the data folder here cannot be written:\nname another")
    status, out, err = run("ask", "Who?")
    assert (status, out) == (2, "")
    assert err == "newsbot: the data folder here cannot be written: name another\n"


def test_a_defect_is_shown_as_one_and_the_newsroom_is_closed(run: Run, newsroom: Mock) -> None:
    newsroom.ask.side_effect = ZeroDivisionError
    with pytest.raises(ZeroDivisionError):
        run("ask", "Who?")
    newsroom.close.assert_awaited_once()


def test_ctrl_c_closes_the_newsroom_and_is_one_line(run: Run, newsroom: Mock) -> None:
    async def interrupted(*_: object, **__: object) -> Diff:
        signal.raise_signal(signal.SIGINT)
        await asyncio.Event().wait()
        raise AssertionError

    newsroom.index.side_effect = interrupted
    status, out, err = run("index", "wire")
    assert (status, out) == (130, "")
    assert err == "newsbot: stopped; what was finished is kept\n"
    newsroom.close.assert_awaited_once()


# index, reindex


def test_index_prints_the_diff(run: Run, newsroom: Mock) -> None:
    newsroom.index.return_value = replace(NO_DIFF, added=("https://example.com/1",), unchanged=("b", "c"))
    status, out, err = run("index", "wire", "page.html")
    assert (status, err) == (0, "")
    assert newsroom.index.await_args.args[0] == [Path("wire"), Path("page.html")]
    assert "+ https://example.com/1\n1 added, 0 changed, 0 removed, 2 unchanged" in out


def test_what_failed_is_named_and_the_status_is_1(run: Run, newsroom: Mock) -> None:
    newsroom.index.return_value = replace(
        NO_DIFF,
        added=("https://example.com/1",),
        failed=(Failure("wire.jsonl:3", "not JSON"), Failure("photo.txt", "not text")),
        passed_over=("a.png",),
    )
    status, out, err = run("index", "wire")
    assert status == 1
    assert err == (
        "failed: wire.jsonl:3: not JSON\n"
        "failed: photo.txt: not text\n"
        "passed over: 1 file of another kind: a.png\n"
    )
    assert "1 added, 0 changed, 0 removed, 0 unchanged, 2 failed" in out


def test_other_files_are_named_and_no_failure(run: Run, newsroom: Mock) -> None:
    newsroom.index.return_value = replace(NO_DIFF, passed_over=("a.png", "b.pdf"))
    status, _, err = run("index", "wire")
    assert status == 0
    assert err == "passed over: 2 files of another kind: a.png, b.pdf\n"


def test_the_diff_as_json_is_one_object(run: Run, newsroom: Mock) -> None:
    newsroom.index.return_value = replace(NO_DIFF, added=("a",), failed=(Failure("b.txt", "empty"),))
    status, out, err = run("index", "--json", "wire")
    assert status == 1
    assert json.loads(out) == {
        "added": ["a"],
        "changed": [],
        "removed": [],
        "unchanged": [],
        "failed": [{"place": "b.txt", "reason": "empty"}],
        "passed_over": [],
    }
    assert err == "failed: b.txt: empty\n"


def test_reindex_looks_through_the_article_folders(run: Run, newsroom: Mock, open_newsroom: Mock) -> None:
    newsroom.reindex.return_value = replace(NO_DIFF, removed=("https://example.com/1",))
    status, out, _ = run("reindex")
    assert status == 0
    assert "- https://example.com/1\n" in out
    assert open_newsroom.await_args.kwargs["articles"] == (Path("data/articles"),)


def test_a_re_index_under_way_is_told(run: Run, newsroom: Mock) -> None:
    newsroom.reindex.side_effect = Busy("A re-index is under way; wait for it to end.")
    assert run("reindex") == (2, "", "newsbot: A re-index is under way; wait for it to end.\n")


def test_waiting_for_another_process_is_told(run: Run, newsroom: Mock) -> None:
    async def waiting(_: object, *, on_wait: Callable[[str], None], **__: object) -> Diff:
        on_wait("Another process is indexing [wire]; waiting for it.")
        return NO_DIFF

    newsroom.index.side_effect = waiting
    assert run("index", "wire")[2] == "Another process is indexing [wire]; waiting for it.\n"


# ask


def test_ask_shows_the_answering_sentence(run: Run, newsroom: Mock) -> None:
    status, out, err = run("ask", "What did the ferry strike?")
    assert (status, err) == (0, "")
    assert f"**{SENTENCE}**" in out
    assert asked(newsroom) == Question("What did the ferry strike?", today(), limit=3)


def test_every_option_reaches_the_question(run: Run, newsroom: Mock) -> None:
    run(
        *("ask", "Who?", "--as-of", "2026-11-04", "--since", "2026-11-01", "--until", "2026-11-03"),
        *("--source", "Skerry Courier", "--source", "The Lantern", "-k", "7"),
    )
    assert asked(newsroom) == Question(
        "Who?",
        date(2026, 11, 4),
        as_of=True,
        since=date(2026, 11, 1),
        until=date(2026, 11, 3),
        sources=("Skerry Courier", "The Lantern"),
        limit=7,
    )


def test_a_question_needs_no_quotation_marks(run: Run, newsroom: Mock) -> None:
    run("ask", "Who", "stole", "the", "astrolabe?")
    assert asked(newsroom).text == "Who stole the astrolabe?"


@pytest.mark.parametrize("answer", [ANSWER, NOTHING])
def test_an_answer_as_json_is_one_object_of_the_promised_shape(
    run: Run, newsroom: Mock, answer: Answer
) -> None:
    newsroom.ask.side_effect = None
    newsroom.ask.return_value = answer
    status, out, _ = run("ask", "--json", "Who?")
    assert status == 0
    jsonschema.validate(json.loads(out), ANSWER_SCHEMA)
    assert json.loads(out)["answered"] is answer.answered


def test_no_answer_is_an_answer(run: Run, newsroom: Mock) -> None:
    newsroom.ask.side_effect = lambda question: replace(NOTHING, question=question)
    status, out, err = run("ask", "Who?")
    assert (status, err) == (0, "")
    assert "I found nothing on that." in out


def test_a_question_that_cannot_be_asked_is_one_line(run: Run, newsroom: Mock) -> None:
    newsroom.ask.side_effect = NewsbotError("The question is empty; ask something.")
    assert run("ask", "") == (2, "", "newsbot: The question is empty; ask something.\n")


# batch


def test_a_line_in_is_a_line_out_in_order(run: Run, newsroom: Mock) -> None:
    async def slow_first(question: Question) -> Answer:
        for _ in range(0 if question.text == "Second?" else 5):
            await asyncio.sleep(0)
        return replace(ANSWER, question=question)

    newsroom.ask.side_effect = slow_first
    name = write_questions(
        {"id": "a", "question": "First?", "asked": "2026-11-04", "answer": "passed over"},
        "",
        {"id": 2, "question": "Second?"},
    )
    status, out, err = run("batch", name)
    assert (status, err) == (0, "")
    lines = [json.loads(line) for line in out.splitlines()]
    assert [(line["id"], line["question"]) for line in lines] == [("a", "First?"), (2, "Second?")]
    for line in lines:
        jsonschema.validate(line, {**ANSWER_SCHEMA, "required": ["id", *ANSWER_SCHEMA["required"]]})
    assert [call.args[0] for call in newsroom.ask.await_args_list] == [
        Question("First?", date(2026, 11, 4), as_of=True, limit=10),
        Question("Second?", today(), as_of=False, limit=10),
    ]


def test_questions_are_asked_together_and_answers_do_not_wait_for_all(
    run: Run, newsroom: Mock, capsys: pytest.CaptureFixture[str]
) -> None:
    together = asyncio.Barrier(64)
    printed = ""

    async def ask(question: Question) -> Answer:
        nonlocal printed
        if question.text == "Last?":
            printed = capsys.readouterr().out
        else:
            await asyncio.wait_for(together.wait(), 30)
        return replace(ANSWER, question=question)

    newsroom.ask.side_effect = ask
    name = write_questions(*({"id": n, "question": "Q?"} for n in range(64)), {"id": 64, "question": "Last?"})
    status, out, _ = run("batch", name)
    assert status == 0
    assert [json.loads(line)["id"] for line in printed.splitlines()] == [*range(64)]
    assert [json.loads(line)["id"] for line in out.splitlines()] == [64]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{broken", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", 'is not of the form {"id"'),
        ({"id": 1}, 'is not of the form {"id"'),
        ({"question": "Who?"}, 'is not of the form {"id"'),
        ({"id": 1, "question": 5}, 'is not of the form {"id"'),
        ({"id": 1, "question": "Who?", "asked": "tomorrow"}, "“tomorrow” is not a date"),
        ({"id": 1, "question": "Who?", "asked": 20261104}, "“20261104” is not a date"),
        ({"id": 1, "question": "too long"}, "A question has at most 2,000 characters."),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_answered(
    run: Run, newsroom: Mock, line: object, reason: str
) -> None:
    def ask(question: Question) -> Answer:
        if question.text == "too long":
            raise NewsbotError("A question has at most 2,000 characters.")
        return replace(ANSWER, question=question)

    newsroom.ask.side_effect = ask
    name = write_questions({"id": 1, "question": "Who?"}, line, {"id": 3, "question": "When?"})
    status, out, err = run("batch", name)
    assert status == 1
    assert [json.loads(line)["id"] for line in out.splitlines()] == [1, 3]
    assert err.startswith(f"failed: questions.jsonl:2: {reason}")
    assert err.count("\n") == 1


def test_what_fails_for_every_question_is_told_once(run: Run, newsroom: Mock) -> None:
    newsroom.warm_up.side_effect = NewsbotError("there is no model nope")
    name = write_questions({"id": 1, "question": "Who?"}, {"id": 2, "question": "When?"})
    assert run("batch", name) == (2, "", "newsbot: there is no model nope\n")


def test_questions_that_cannot_be_read_are_one_line(run: Run, newsroom: Mock) -> None:
    status, _, err = run("batch", "missing.jsonl")
    assert status == 2
    assert err == "newsbot: missing.jsonl cannot be read: No such file or directory\n"
    assert run("batch", ".")[0] == 2


def test_questions_may_come_from_a_pipe(run: Run, newsroom: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    line = '\ufeff{"id": "é", "question": "Who?"}'.encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(line)))
    status, out, _ = run("batch", "-k", "2", "-")
    assert status == 0
    assert json.loads(out)["id"] == "é"
    assert asked(newsroom).limit == 2


# console


def test_the_console_answers_until_the_end(run: Run, newsroom: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "Who?", "", ":help", ":nonsense", "  When? ")
    status, out, err = run("console")
    assert (status, err) == (0, "")
    assert [call.args[0].text for call in newsroom.ask.await_args_list] == ["Who?", "When?"]
    assert out.count(f"**{SENTENCE}**") == 2
    assert out.count(":quit") == 2
    newsroom.close.assert_awaited_once()


def test_quit_ends_the_console(run: Run, newsroom: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, ":quit", "Who?")
    assert run("console")[0] == 0
    newsroom.ask.assert_not_awaited()
    newsroom.close.assert_awaited_once()


def test_the_console_goes_on_after_a_question_that_cannot_be_asked(
    run: Run, newsroom: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "x" * 5000, "Who?")
    newsroom.ask.side_effect = [NewsbotError("A question has at most 2,000 characters."), ANSWER]
    status, out, err = run("console")
    assert status == 0
    assert err == "newsbot: A question has at most 2,000 characters.\n"
    assert f"**{SENTENCE}**" in out


def test_ctrl_c_at_the_prompt_closes_the_newsroom(
    run: Run, newsroom: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, KeyboardInterrupt)
    assert run("console")[0] == 130
    newsroom.close.assert_awaited_once()


# stats, demo


def test_stats_are_shown_and_are_json(run: Run, newsroom: Mock) -> None:
    newsroom.stats.return_value = Stats(COVERAGE, 9000, 0, "tiny", 8, 2, (), 123_456)
    assert "1,234 articles" in run("stats")[1]
    assert json.loads(run("stats", "--json")[1])["passages"] == 9000


def test_the_demo_answers_from_the_samples_and_says_what_next(
    run: Run, newsroom: Mock, open_newsroom: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSBOT_ARTICLES", "mine")
    newsroom.reindex.return_value = replace(NO_DIFF, added=("a", "b"), unchanged=("c",))
    status, out, err = run("--data", "here", "demo")
    assert (status, err) == (0, "")
    assert open_newsroom.await_args.args == (Path("here/demo"),)
    assert open_newsroom.await_args.kwargs["articles"] == (SAMPLES,)
    assert asked(newsroom).text == cli.DEMO_QUESTION
    assert "3 sample articles" in out
    assert cli.DEMO_QUESTION in out
    assert f"**{SENTENCE}**" in out
    assert "newsbot preview" in out


def test_the_demo_says_how_the_shell_finds_newsbot_where_it_does_not(
    run: Run, newsroom: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.reindex.return_value = NO_DIFF
    activate = Path(".venv", "bin", "activate")
    activate.parent.mkdir(parents=True)
    activate.touch()
    (newsbot := activate.with_name("newsbot")).touch(mode=0o755)
    monkeypatch.setattr(sys, "prefix", str(Path(".venv").absolute()))
    monkeypatch.setenv("PATH", "/nowhere")
    assert f"  . {activate}  " in run("demo")[1]
    monkeypatch.setenv("PATH", str(newsbot.parent.absolute()))
    assert "activate" not in run("demo")[1]


def test_the_demo_takes_another_question(run: Run, newsroom: Mock) -> None:
    newsroom.reindex.return_value = NO_DIFF
    run("demo", "Who stole the [bold]astrolabe[/bold]?")
    assert asked(newsroom).text == "Who stole the [bold]astrolabe[/bold]?"


def test_an_empty_corpus_says_how_to_fill_it(run: Run, newsroom: Mock) -> None:
    nothing = replace(NOTHING, headlines=(), coverage=Coverage(0, None, None))
    newsroom.ask.side_effect = lambda question: replace(nothing, question=question)
    assert "newsbot index PATH" in run("ask", "Who?")[1]


# run, preview


def test_run_without_a_token_says_where_to_get_one(run: Run) -> None:
    status, out, err = run("run")
    assert (status, out) == (2, "")
    assert err.startswith("newsbot: DISCORD_TOKEN is not set")
    assert "https://discord.com/developers/applications" in err
    assert err.count("\n") == 1


def test_run_starts_the_bot_with_the_settings(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    started = create_autospec(client.run)
    monkeypatch.setattr(client, "run", started)
    monkeypatch.setenv("DISCORD_TOKEN", "s3cret")
    assert run("--data", "here", "run") == (0, "", "")
    (settings,) = started.call_args.args
    assert settings.data == Path("here")
    assert settings.discord_token.get_secret_value() == "s3cret"


def test_preview_starts_with_the_settings(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    served = create_autospec(preview.serve)
    monkeypatch.setattr(preview, "serve", served)
    assert run("--data", "here", "preview", "--port", "8123") == (0, "", "")
    served.assert_called_once_with(load(Path("here")), port=8123)
