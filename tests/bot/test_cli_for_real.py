"""The command line over a real newsroom: in this process with the tiny model, and once as people start it."""

from __future__ import annotations

import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot import cli
from index.newsroom import Newsroom
from tests.conftest import HashingEmbedder, write_articles

Run = Callable[..., tuple[int, str, str]]

FERRY = {
    "url": "https://courier.example.com/ferry",
    "title": "Ferry to Ostrava Quay sails again",
    "text": "The ferry to Ostrava Quay sailed at noon.\n\nTwelve passengers were on board, said captain Lum.",
}
DAM = {
    "url": "https://courier.example.com/dam",
    "title": "Dam at Hollin repaired",
    "text": "Engineers sealed the crack in the Hollin dam.\n\nThe repair cost 4.2 million crowns.",
    "published": "2026-10-02",
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a .env, and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in [*os.environ]:
        if name.startswith("NEWSBOT_") or name == "DISCORD_TOKEN":
            monkeypatch.delenv(name)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command with the tiny model; gives its exit status, standard output and standard error."""
    opened = Newsroom.open

    async def open_tiny(*arguments: Any, **options: Any) -> Newsroom:
        return await opened(*arguments, **{**options, "load": HashingEmbedder})

    monkeypatch.setattr(Newsroom, "open", open_tiny)
    monkeypatch.setenv("NEWSBOT_MODEL", "hashing")

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(arguments)
        return status, *capsys.readouterr()

    return run


def indexed(run: Run, *paths: str) -> dict[str, Any]:
    """The diff of a run of indexing in which nothing fails."""
    status, out, err = run("index", "--json", *paths)
    assert (status, err) == (0, "")
    diff: dict[str, Any] = json.loads(out)
    return diff


def asked(run: Run, *arguments: str) -> dict[str, Any]:
    status, out, err = run("ask", "--json", *arguments)
    assert (status, err) == (0, "")
    answer: dict[str, Any] = json.loads(out)
    return answer


def test_what_was_indexed_answers(run: Run) -> None:
    write_articles(Path("wire.jsonl"), FERRY, DAM)
    assert indexed(run, "wire.jsonl")["added"] == [FERRY["url"], DAM["url"]]
    first = asked(run, "What did the repair of the Hollin dam cost?")["quotes"][0]
    assert first["sentence"] == "The repair cost 4.2 million crowns."
    assert first["text"] == "The repair cost 4.2 million crowns."
    assert first["url"] == DAM["url"]
    assert first["link"].startswith(f"{DAM['url']}#:~:text=")
    assert first["published"] == "2026-10-02"


def test_indexing_again_changes_nothing(run: Run) -> None:
    write_articles(Path("wire.jsonl"), FERRY, DAM)
    indexed(run, "wire.jsonl")
    diff = indexed(run, "wire.jsonl")
    assert sorted(diff["unchanged"]) == sorted([FERRY["url"], DAM["url"]])
    assert not diff["added"] + diff["changed"] + diff["removed"] + diff["failed"]


def test_as_of_hides_what_came_later(run: Run) -> None:
    write_articles(Path("wire.jsonl"), FERRY, DAM)  # of 14 September and of 2 October
    indexed(run, "wire.jsonl")
    answer = asked(run, "What did the repair of the Hollin dam cost?", "--as-of", "2026-09-20")
    shown = [quote["url"] for quote in answer["quotes"]] + [head["link"] for head in answer["headlines"]]
    assert DAM["url"] not in " ".join(shown)


def test_a_batch_answers_each_question_and_names_the_bad_line(run: Run) -> None:
    write_articles(Path("wire.jsonl"), FERRY, DAM)
    indexed(run, "wire.jsonl")
    Path("questions.jsonl").write_text(
        '{"id": "a", "question": "What did the repair of the Hollin dam cost?", "asked": "2026-10-05"}\n'
        '{"id": "b", "question": "   "}\n'
        '{"id": "c", "question": "How many passengers were on board the ferry?"}\n',
        encoding="utf-8",
    )
    status, out, err = run("batch", "questions.jsonl")
    assert status == 1
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["a", "c"]
    assert err.startswith("failed: questions.jsonl:2: the question is empty")
    assert err.count("\n") == 1


def test_reindex_takes_in_the_article_folder_and_what_is_gone_from_it(run: Run) -> None:
    write_articles(Path("data/articles/ferry.jsonl"), FERRY)
    dam = write_articles(Path("data/articles/dam.jsonl"), DAM)
    status, out, _ = run("reindex", "--json")
    assert status == 0
    assert len(json.loads(out)["added"]) == 2
    dam.unlink()
    status, out, _ = run("reindex", "--json")
    assert json.loads(out)["removed"] == [DAM["url"]]
    assert run("stats")[1].startswith("articles    1 article of 14 September 2026\n")


# What people get wrong


def test_no_articles_yet_says_how_to_get_some(run: Run) -> None:
    status, out, _ = run("ask", "Who?")
    assert status == 0
    assert "newsbot index PATH" in out


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.txt", b""),
        ("blank.md", b" \n\n \n"),
        ("photo.txt", bytes(range(256)) * 40),
        ("torn.jsonl.gz", gzip.compress(b'{"url": "https://example.com/1", "text": "Words."}\n' * 999)[:60]),
        ("missing.txt", None),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_goes_in(
    run: Run, name: str, content: bytes | None
) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    write_articles(Path("wire.jsonl"), FERRY)
    status, out, err = run("index", name, "wire.jsonl")
    assert status == 1
    assert "1 added, 0 changed, 0 removed, 0 unchanged, 1 failed" in out
    assert err.startswith("failed: ")
    assert name in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "bad",
    ['{"url": "https://example.com/3", "text": ', '{"url": "https://example.com/3", "title": "No text"}'],
)
def test_a_bad_line_is_named_and_the_other_lines_go_in(run: Run, bad: str) -> None:
    path = write_articles(Path("wire.jsonl"), FERRY, DAM, {"url": "https://example.com/4"})
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:2], bad, *lines[2:]]), encoding="utf-8")
    status, out, err = run("index", "--json", "wire.jsonl")
    assert status == 1
    assert len(json.loads(out)["added"]) == 3
    assert "wire.jsonl:3: " in err
    assert err.count("\n") == 1


def test_of_two_texts_with_one_address_the_later_wins(run: Run) -> None:
    later = {**DAM, "text": "The repair of the Hollin dam cost 5.1 million crowns after all."}
    write_articles(Path("wire.jsonl"), DAM, later)
    diff = indexed(run, "wire.jsonl")
    assert diff["changed"] == [DAM["url"]]
    quotes = asked(run, "What did the repair of the Hollin dam cost?")["quotes"]
    assert [quote["text"] for quote in quotes] == [later["text"]]


def test_an_unbroken_megabyte_is_refused_or_shown_in_part(run: Run) -> None:
    monster = {**FERRY, "title": "Zeppelin", "text": "zeppelin" + "x" * 1_000_000}
    write_articles(Path("wire.jsonl"), monster, DAM)
    status, _, err = run("index", "wire.jsonl")
    assert (status, err.count("\n")) in {(0, 0), (1, 1)}
    status, out, _ = run("ask", "Zeppelin?")
    assert status == 0
    assert len(out) < 10_000


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("", "the question is empty"),
        (" \n ", "the question is empty"),
        ("why " * 1250, "the question has 5000 characters"),
    ],
)
def test_a_question_that_cannot_be_asked_is_one_line(run: Run, question: str, words: str) -> None:
    status, out, err = run("ask", question)
    assert (status, out) == (2, "")
    assert err.startswith(f"newsbot: {words}")
    assert err.count("\n") == 1


def test_a_period_that_ends_before_it_begins_is_one_line(run: Run) -> None:
    status, _, err = run("ask", "Who?", "--since", "2026-10-02", "--until", "2026-10-01")
    assert status == 2
    assert "before it begins" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "words"),
    [("lantern", "did you mean The Lantern?"), ("The Moon Times", "newsbot stats names the outlets")],
)
def test_an_outlet_that_there_is_nothing_of_is_one_line(run: Run, source: str, words: str) -> None:
    write_articles(Path("wire.jsonl"), {**DAM, "source": "The Lantern"})
    indexed(run, "wire.jsonl")
    for command in (("ask",), ("why", DAM["url"])):
        status, out, err = run(*command, "What did the repair cost?", "--source", source)
        assert (status, out) == (2, "")
        assert err == f"newsbot: there are no articles of “{source}”: {words}\n"
    assert asked(run, "What did the repair cost?", "--source", "the lantern")["quotes"]


def test_a_data_folder_that_cannot_be_written_is_one_line(run: Run) -> None:
    Path("occupied").write_text("a file, not a folder", encoding="utf-8")
    status, out, err = run("--data", "occupied/data", "ask", "Who?")
    assert (status, out) == (2, "")
    assert err.startswith("newsbot: ")
    assert "occupied" in err
    assert err.count("\n") == 1


def test_a_database_of_a_newer_version_is_one_line_and_stays_as_it_is(run: Run) -> None:
    write_articles(Path("wire.jsonl"), FERRY)
    indexed(run, "wire.jsonl")
    (path,) = Path("data").glob("*.db")
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 4711")
    database.close()
    status, out, err = run("ask", "Who?")
    assert (status, out) == (2, "")
    assert err.startswith("newsbot: ")
    assert err.count("\n") == 1
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA user_version").fetchone() == (4711,)
    database.close()


def test_a_damaged_index_mends_itself(run: Run) -> None:
    write_articles(Path("wire.jsonl"), FERRY, DAM)
    indexed(run, "wire.jsonl")
    whole = asked(run, "What did the repair of the Hollin dam cost?")
    damaged = [path for path in Path("data").rglob("*.faiss*") if path.is_file()]
    assert damaged
    for path in damaged:
        path.write_bytes(path.read_bytes()[:-40] + b"?" * 40)
    assert asked(run, "What did the repair of the Hollin dam cost?") == whole
    for path in damaged:
        path.write_bytes(b"")
    assert asked(run, "What did the repair of the Hollin dam cost?") == whole


# As people start it, with the real model


def newsbot(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    program = [sys.executable, "-c", "import sys; from bot.cli import main; sys.exit(main())", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(program, text=True, **{**pipes, **options})  # noqa: S603 - our own program


def test_the_demo_answers_its_question() -> None:
    with newsbot("demo") as process:
        out, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (0, "")
    assert "sample articles, of newspapers that never were" in out
    first = out[out.index(" 1  ") :].partition("\n\n")[0]
    assert "**" in first
    assert cli.DEMO_QUESTION in out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", [("stats",), ("stats", "--json")])
def test_output_to_a_full_disk_is_one_line(command: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full, newsbot(*command, stdout=full) as process:
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (2, "newsbot: the disk is full: make room, and do this again\n")


def test_nobody_reading_the_output_is_no_line() -> None:
    with newsbot("stats") as process:
        assert process.stdout
        process.stdout.close()
        process.stdout = None
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, "")


def test_an_unknown_model_is_one_line() -> None:
    write_articles(Path("wire.jsonl"), FERRY)
    environment = {**os.environ, "NEWSBOT_MODEL": "no-such-model", "HF_HUB_OFFLINE": "1"}
    with newsbot("index", "wire.jsonl", env=environment) as process:
        out, err = process.communicate(timeout=300)
    assert (process.returncode, out) == (2, "")
    assert err.startswith("newsbot: ")
    assert "no-such-model" in err
    assert err.count("\n") == 1


def test_ctrl_c_while_indexing_loses_nothing_that_was_finished() -> None:
    write_articles(
        Path("wire.jsonl"),
        *(
            {"url": f"https://example.com/{n}", "text": f"Paragraph {n} of the news. " * 30}
            for n in range(3000)
        ),
    )
    with newsbot("index", "wire.jsonl") as process:
        while sum(path.stat().st_size for path in Path("data").glob("*.db*")) < 500_000:
            assert process.poll() is None  # until articles go in
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == "newsbot: stopped; what was finished is kept\n"
    with newsbot("stats", "--json") as process:
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(out)["articles"] <= 3000


# Measuring and explaining


def test_eval_measures_the_answers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBOT_THRESHOLD", "0")
    write_articles(Path("wire.jsonl"), FERRY, DAM)
    indexed(run, "wire.jsonl")
    question = {"id": 1, "question": "What did the repair of the dam cost?", "asked": "2026-11-04"}
    known = {**question, "answer": "4.2 million", "relevant": [DAM["url"]]}
    unknown = {**known, "id": 2, "question": "What did the ferry cost?", "answerable": False}
    Path("q.jsonl").write_text(f"{json.dumps(known)}\n\n{json.dumps(unknown)}\n", encoding="utf-8")
    status, out, err = run("eval", "q.jsonl", "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert (found["questions"], found["answerable"]) == (2, 1)
    assert found["figures"]["shown@1"]["value"] == 1.0
    assert found["figures"]["refused"]["value"] == 0.0
    halves = [run("eval", "q.jsonl", "--json", "--half", half) for half in "AB"]
    counted = [json.loads(out)["questions"] for status, out, _ in halves if status == 0]
    assert sum(counted) == 2
    status, out, _ = run("eval", "q.jsonl", "-k", "1")
    assert status == 0
    assert "first 1" in out


def test_eval_names_bad_lines_and_measures_the_others(run: Run) -> None:
    write_articles(Path("wire.jsonl"), FERRY)
    indexed(run, "wire.jsonl")
    good = {"id": 1, "question": "Who?", "answer": "Lum", "relevant": []}
    Path("q.jsonl").write_text(f'{json.dumps(good)}\n{{"id": 2, "question": "Who?"}}\n', encoding="utf-8")
    status, out, err = run("eval", "q.jsonl")
    assert status == 1
    assert out.startswith("1 questions, 1 of them answerable")
    assert err.startswith("failed: q.jsonl:2: lacks what it is measured by")
    Path("q.jsonl").write_text("\n", encoding="utf-8")
    status, _, err = run("eval", "q.jsonl")
    assert status == 2
    assert err == "newsbot: there is no question to measure with in q.jsonl\n"


def test_why_tells_what_became_of_an_article(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBOT_THRESHOLD", "0")
    write_articles(Path("wire.jsonl"), FERRY, DAM)
    indexed(run, "wire.jsonl")
    question = "What did the repair of the dam cost?"
    status, out, _ = run("why", DAM["url"], question, "--as-of", "2026-11-04")
    assert status == 0
    assert out.startswith("Shown\n")
    status, out, _ = run("why", DAM["url"], question, "--as-of", "2026-10-01", "--json")
    assert json.loads(out)["verdict"] == "outside the period"
    status, out, _ = run("why", "https://example.com/nowhere", question)
    assert status == 0
    assert out.startswith("Not in the corpus\n")


# Keeping


def test_a_backup_brings_everything_back(run: Run) -> None:
    write_articles(Path("wire.jsonl"), FERRY, DAM)
    indexed(run, "wire.jsonl")
    assert run("backup", "copy.db") == (0, "copy.db holds all 2 articles\n", "")
    status, out, err = run("backup", "copy.db")
    assert (status, out) == (2, "")
    assert err == "newsbot: copy.db is there already: name another file, or overwrite it with --force\n"
    write_articles(Path("wire.jsonl"), FERRY)
    indexed(run, "wire.jsonl")
    assert run("backup", "copy.db", "--force")[0] == 0
    assert run("backup", "later.db")[0] == 0
    write_articles(Path("wire.jsonl"), DAM)
    indexed(run, "wire.jsonl")
    assert run("restore", "later.db") == (0, "restored 1 articles from later.db\n", "")
    write_articles(Path("wire.jsonl"), FERRY, DAM)
    assert indexed(run, "wire.jsonl")["added"] == [DAM["url"]]
    (*_, first) = (quote["url"] for quote in asked(run, "Who sailed on the ferry?", "-k", "1")["quotes"])
    assert first == FERRY["url"]


def test_what_is_no_backup_is_not_restored(run: Run) -> None:
    Path("letter.txt").write_text("Dear aunt, " * 100, encoding="utf-8")
    status, out, err = run("restore", "letter.txt")
    assert (status, out) == (2, "")
    assert err == "newsbot: letter.txt is no database: name a file that newsbot backup made\n"
