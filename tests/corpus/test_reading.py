"""Files and folders are found in a stable order, and each file gives its articles or says why it cannot."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.article import Article, Kind
from corpus.errors import ReadError
from corpus.reading import SUFFIXES, Failure, find, read

NOTE = "The ferry sails at noon."
PAGE = f"<html><body><article><h1>Ferry</h1><p>{NOTE}</p></article></body></html>"
LINE = {"url": "https://example.com/ferry", "title": "Ferry", "text": NOTE}


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if path.name.endswith(".gz") else data)
    return path


def lines(path: Path, *items: dict[str, Any] | str) -> Path:
    return write(path, "".join(f"{item if isinstance(item, str) else json.dumps(item)}\n" for item in items))


def only_article(path: Path) -> Article:
    [item] = read(path)
    assert isinstance(item, Article), item
    return item


def only_failure(path: Path) -> Failure:
    [item] = read(path)
    assert isinstance(item, Failure), item
    assert "\n" not in item.reason
    return item


# -- finding


def test_a_folder_gives_its_articles_in_order_and_names_the_other_files(tmp_path: Path) -> None:
    for name in (
        "b.txt",
        "a/z.md",
        "a/y.HTML.GZ",
        "c.jsonl.gz",
        "a/picture.png",
        ".hidden.txt",
        ".git/x.txt",
        "notes",
    ):
        write(tmp_path / name, "x")
    found = find(tmp_path)
    assert [str(file.relative_to(tmp_path)) for file in found.files] == [
        "a/y.HTML.GZ",
        "a/z.md",
        "b.txt",
        "c.jsonl.gz",
    ]
    assert [file.name for file in found.passed_over] == ["picture.png", "notes"]
    assert found.folder
    assert not found.failed


def test_a_file_is_found_by_its_name(tmp_path: Path) -> None:
    note = write(tmp_path / ".note.txt", NOTE)
    assert find(note).files == (note,)
    assert not find(note).folder
    picture = write(tmp_path / "picture.png", b"x")
    assert find(picture).passed_over == (picture,)
    assert not find(picture).files


def test_links_in_a_circle_end_and_no_file_is_there_twice(tmp_path: Path) -> None:
    note = write(tmp_path / "folder" / "note.txt", NOTE)
    (tmp_path / "folder" / "again").symlink_to(tmp_path)
    (tmp_path / "twin.txt").symlink_to(note)
    assert find(tmp_path).files == (note,)


def test_special_files_are_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert find(tmp_path).passed_over == (tmp_path / "pipe.txt",)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="does not exist"):
        find(tmp_path / "nothing")


def test_a_folder_that_cannot_be_listed_is_named_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = write(tmp_path / "open" / "note.txt", NOTE)
    write(tmp_path / "shut" / "note.txt", NOTE)
    scandir = os.scandir

    def guarded(folder: Path) -> Any:
        if Path(folder).name == "shut":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", guarded)
    found = find(tmp_path)
    assert found.files == (note,)
    assert [failure.place for failure in found.failed] == [str(tmp_path / "shut")]


# -- every kind of file


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_kind_of_file_is_read(tmp_path: Path, suffix: str) -> None:
    content = {".html": PAGE, ".htm": PAGE, ".jsonl": json.dumps({"text": NOTE})}
    path = write(tmp_path / f"The ferry{suffix}", content.get(suffix.removesuffix(".gz"), NOTE))
    article = only_article(path)
    assert [paragraph.text for paragraph in article.paragraphs] == [NOTE]
    assert article.published is None
    fragment = "#1" if "jsonl" in suffix else ""
    assert article.url == path.resolve().as_uri() + fragment


def test_the_title_of_a_text_without_one_is_the_name_of_its_file(tmp_path: Path) -> None:
    assert only_article(write(tmp_path / "The ferry.TXT.gz", NOTE * 20)).title == "The ferry"
    assert only_article(lines(tmp_path / "many.jsonl", {"text": NOTE * 20})).title == "many:1"


def test_a_name_that_is_not_unicode_harms_nothing(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/f\xe9rry.txt"))
    assert only_article(write(path, NOTE * 20)).title == "f\ufffdrry"
    assert only_failure(write(path, b"")).place.endswith("f\ufffdrry.txt")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.txt", b"", "is empty"),
        ("blank.md", b" \n\n", "is empty"),
        ("empty.html.gz", b"", "is empty"),
        ("empty.jsonl", b"\n\n", "is empty"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "holds NUL bytes"),
        ("program.md", b"\x7fELF\1\2\3\4\5\6" * 9, "full of control characters"),
        ("scrambled.txt", bytes(range(128, 256)) * 9, "no other encoding fits"),
        ("unbroken.txt", b"a" * 1_000_000, "holds no words"),
        ("unbroken.md", b"a" * 1_000_000, "holds no words"),
        ("unbroken.html", b"<html><body><p>" + b"a" * 1_000_000, "holds no article text"),
        ("large.txt", b"The ferry sails. " * 300_000, "larger than 4 MB"),
        ("large.md", b"The ferry sails. " * 60_000, "larger than 1 MB"),
        ("large.html", b"<p>The ferry sails.</p> " * 420_000, "larger than 10 MB"),
        ("menu.html", b"<html><body><nav>Home</nav></body></html>", "holds no article text"),
        ("utf16.jsonl", '{"text": "x"}'.encode("utf-16"), "is UTF-16"),
        ("bomb.txt.gz", b"\0" * 50_000_000, "larger than 4 MB"),
        ("bomb.jsonl.gz", b"a" * 50_000_000, "grows more than 500-fold"),
        ("lines.jsonl.gz", b"\n" * 110_000, "empty lines"),
    ],
)
def test_what_cannot_be_read_is_one_failure_that_says_why(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = write(tmp_path / name, content)
    failure = only_failure(path)
    assert failure.place == str(path)
    assert reason in failure.reason


def test_a_file_that_is_no_gzip_or_cut_off(tmp_path: Path) -> None:
    fake = tmp_path / "fake.txt.gz"
    fake.write_bytes(b"The ferry sails at noon.")
    assert "no gzip file" in only_failure(fake).reason
    cut = write(tmp_path / "cut.md.gz", NOTE * 100)
    cut.write_bytes(cut.read_bytes()[:-12])
    assert "is damaged" in only_failure(cut).reason


def test_a_file_that_is_gone_or_of_another_kind(tmp_path: Path) -> None:
    assert "cannot be opened" in only_failure(tmp_path / "gone.txt").reason
    assert "of a kind that is not read" in only_failure(write(tmp_path / "x.pdf", b"%PDF")).reason


# -- JSON Lines


def test_every_field_of_a_line_is_read(tmp_path: Path) -> None:
    full = LINE | {
        "url": "  https://example.com/a-b?id=1&x=%20y#comments ",
        "title": " Ferry \n sails ",
        "text": "One.\n\nTwo\u00a0a.\r\n\r\nThree.\nFour.",
        "published": "2024-05-03T10:15:00+02:00",
        "source": "Northport Courier",
        "authors": ["Jane Doe", " John  Roe "],
        "section": "Harbour",
        "language": "en_GB",
        "sample": True,
    }
    article = only_article(lines(tmp_path / "a.jsonl", full))
    assert article.url == "https://example.com/a-b?id=1&x=%20y"
    assert article.title == "Ferry sails"
    assert [paragraph.text for paragraph in article.paragraphs] == ["One.", "Two\u00a0a.", "Three.", "Four."]
    assert {paragraph.kind for paragraph in article.paragraphs} == {Kind.BODY}
    assert article.published == datetime.fromisoformat("2024-05-03T10:15:00+02:00")
    assert (article.source, article.section, article.language) == ("Northport Courier", "Harbour", "en-GB")
    assert article.authors == ("Jane Doe", "John Roe")


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("2024-05-03", date(2024, 5, 3)),
        ("2024-05-03T10:15:00Z", datetime(2024, 5, 3, 10, 15, tzinfo=UTC)),
        ("2024-05-03 10:15", date(2024, 5, 3)),
        ("Fri, 03 May 2024 10:15:00 GMT", datetime(2024, 5, 3, 10, 15, tzinfo=UTC)),
        ("May 3, 2024", date(2024, 5, 3)),
        ("soon", None),
        ("3/4/2024", None),
        ("0001-01-01", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_that_cannot_be_read_does_not_cost_the_article(
    tmp_path: Path, written: str | None, published: date | None
) -> None:
    assert only_article(lines(tmp_path / "a.jsonl", LINE | {"published": written})).published == published


def test_authors_may_be_one_string(tmp_path: Path) -> None:
    assert only_article(lines(tmp_path / "a.jsonl", LINE | {"authors": "Jane Doe"})).authors == ("Jane Doe",)


def test_emoji_cut_in_half_do_not_cost_the_article(tmp_path: Path) -> None:
    article = only_article(lines(tmp_path / "a.jsonl", '{"title": "A \\ud83d", "text": "B \\ud83d\\u0000"}'))
    assert (article.title, article.paragraphs[0].text) == ("A \ufffd", "B \ufffd\ufffd")
    assert article.content_hash


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"title": "A", ', "is not JSON"),
        ("[1]", "is not a JSON object"),
        ("null", "is not a JSON object"),
        ("[" * 100_000, "nesting"),
        ('{"text": ' + "9" * 5_000 + "}", "a number"),
        (LINE | {"text": 5}, "`text`"),
        (LINE | {"text": ""}, "has no text"),
        (LINE | {"text": "* * *"}, "has no text"),
        ({"title": "A"}, "has no text"),
        (LINE | {"title": ["A"]}, "`title`"),
        (LINE | {"url": 7}, "`url`"),
        (LINE | {"url": "ftp://example.com/a"}, "`url`"),
        (LINE | {"url": "example.com/a"}, "`url`"),
        (LINE | {"url": "https://"}, "`url`"),
        (LINE | {"url": "https://[x/a"}, "`url`"),
        (LINE | {"url": "https://example.com/a\nb"}, "`url`"),
        (LINE | {"published": 20240503}, "`published`"),
        (LINE | {"authors": [1]}, "`authors`"),
        (LINE | {"source": {"name": "x"}}, "`source`"),
    ],
)
def test_a_bad_line_is_named_and_the_others_go_in(
    tmp_path: Path, line: str | dict[str, Any], reason: str
) -> None:
    path = lines(tmp_path / "a.jsonl", LINE, "", line, LINE | {"url": "https://example.com/other"})
    first, bad, last = read(path)
    assert isinstance(first, Article)
    assert isinstance(last, Article)
    assert isinstance(bad, Failure)
    assert bad.place == f"{path}:3"
    assert reason in bad.reason


def test_a_line_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", b'\xef\xbb\xbf{"text": "One."}\n{"text": "caf\xe9"}\n{"text": "Two."}')
    one, bad, two = read(path)
    assert isinstance(one, Article)
    assert isinstance(two, Article)
    assert isinstance(bad, Failure)
    assert "not UTF-8" in bad.reason


def test_a_line_that_is_too_long_is_passed_by(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", LINE, {"text": "a" * 40_000_000}, LINE)
    one, bad, two = read(path)
    assert isinstance(one, Article)
    assert isinstance(two, Article)
    assert bad == Failure(f"{path}:2", "is longer than 16 MB, which no article is; split it")


def test_what_was_read_before_a_file_broke_off_goes_in(tmp_path: Path) -> None:
    noise = Random(1)
    path = lines(
        tmp_path / "a.jsonl.gz", *(LINE | {"text": f"{NOTE} {noise.randbytes(30).hex()}"} for _ in range(500))
    )
    path.write_bytes(path.read_bytes()[:-5_000])
    *articles, failure = read(path)
    assert articles
    assert all(isinstance(article, Article) for article in articles)
    assert isinstance(failure, Failure)
    assert failure.place == str(path)


def test_a_file_that_is_no_json_lines_is_given_up(tmp_path: Path) -> None:
    *failures, last = read(write(tmp_path / "table.jsonl", "a,b,c\n" * 5_000))
    assert len(failures) == 1_000
    assert isinstance(last, Failure)
    assert "the rest is not read" in last.reason


def test_articles_come_while_the_file_is_read(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", LINE, "no JSON")
    items = read(path)
    assert isinstance(next(items), Article)
    items.close()  # type: ignore[attr-defined]


def test_the_development_articles_are_read_whole(shared: Callable[[str], Path]) -> None:
    path = shared("news_qa/dev/articles.jsonl.gz")
    items = list(read(path))
    assert len(items) == 3326
    assert all(isinstance(item, Article) and item.published for item in items)
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        written = [json.loads(line) for line in stream]
    for item, given_line in list(zip(items, written, strict=True))[::20]:
        assert isinstance(item, Article)
        assert (item.url, item.day) == (given_line["url"], date.fromisoformat(given_line["published"]))
        assert all(paragraph.text in given_line["text"] for paragraph in item.paragraphs)
        kept = "".join(paragraph.text for paragraph in item.paragraphs)
        assert sum(map(str.isalnum, kept)) == sum(map(str.isalnum, given_line["text"])), "no word is lost"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    suffix=st.sampled_from(SUFFIXES),
    content=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode(errors="replace")),
    packed=st.booleans(),
)
def test_no_file_raises_whatever_is_in_it(tmp_path: Path, suffix: str, content: bytes, packed: bool) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(gzip.compress(content) if packed else content)
    for item in read(path):
        if isinstance(item, Failure):
            assert item.reason
        else:
            assert item.title
            assert item.paragraphs
            assert item.content_hash
