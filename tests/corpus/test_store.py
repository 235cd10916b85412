"""What the store keeps, and what changes when an article does."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from corpus.article import Article, Kind, Paragraph
from corpus.errors import NewsbotError
from corpus.store import Model, Outcome, Store
from corpus.store.migrations import MIGRATIONS

ARTICLE = Article(
    url="https://courier.example.com/ferry",
    title="Ferry sails again",
    paragraphs=(
        Paragraph("What happened", Kind.HEADING),
        Paragraph("The ferry sailed at noon."),
        Paragraph("Twelve passengers were on board."),
    ),
    source="The Courier",
    authors=("Ana Lum", "Bo Řez"),
    published=date(2026, 9, 14),
)
OTHER = replace(ARTICLE, url="https://courier.example.com/dam", title="Dam repaired")
MODEL = Model("m", "f", 2, "p")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "newsbot.db")
    yield opened
    await opened.close()


async def put(store: Store, *articles: Article, file: str = "/a.txt", run: int = 1) -> list[Outcome]:
    return [outcome for _, outcome in await store.put([(article, file) for article in articles], run)]


async def texts(store: Store, article: int = 1) -> list[tuple[int, str]]:
    return [(identity, paragraph.text) for identity, paragraph in await store.article_paragraphs(article)]


async def with_vectors(store: Store) -> Model:
    model = await store.register_model(MODEL)
    pending = await store.pending(model.id)
    made = [(identity, b"vec%d" % identity) for identity in pending]
    await store.add_vectors(model.id, made, await store.generation())
    return model


async def vectors(store: Store, model: Model, after: int = -1) -> dict[int, bytes]:
    found = {}
    async for rows in store.vectors_since(model.id, after, await store.generation()):
        found.update({paragraph: vector for paragraph, _, vector in rows})
    return found


async def test_an_article_comes_back_as_it_was_written(store: Store) -> None:
    moment = datetime(2026, 9, 14, 23, 30, tzinfo=UTC)
    assert await put(store, replace(ARTICLE, published=moment)) == [Outcome.ADDED]
    passage = (await store.passages([1, 2, 3]))[3]
    assert passage.text == "The ferry sailed at noon."
    assert (passage.title, passage.url, passage.source) == (ARTICLE.title, ARTICLE.url, ARTICLE.source)
    assert passage.published == moment


async def test_the_same_article_again_changes_nothing(store: Store) -> None:
    await put(store, ARTICLE)
    before = await store.text_generation()
    assert await put(store, ARTICLE) == [Outcome.UNCHANGED]
    assert await store.text_generation() == before


async def test_unchanged_paragraphs_keep_their_ids_and_vectors_when_an_article_is_edited(
    store: Store,
) -> None:
    await put(store, ARTICLE)
    model = await with_vectors(store)
    edited = replace(
        ARTICLE, paragraphs=(Paragraph("New lead."), *reversed(ARTICLE.paragraphs[:2]), Paragraph("New end."))
    )
    generation = await store.generation()
    assert await put(store, edited) == [Outcome.CHANGED]
    assert await texts(store) == [
        (5, "New lead."),
        (3, "The ferry sailed at noon."),
        (2, "What happened"),
        (6, "New end."),
    ]
    assert await vectors(store, model) == {1: b"vec1", 3: b"vec3"}
    assert await store.vectors_removed_since(generation) == [4]
    assert await store.pending(model.id) == [5, 6]


async def test_a_new_title_costs_the_vectors_since_it_is_embedded_with_the_text(store: Store) -> None:
    await put(store, ARTICLE)
    model = await with_vectors(store)
    await put(store, replace(ARTICLE, title="Ferry sails once more"))
    assert await vectors(store, model) == {}
    assert [text for _, text in await texts(store)] == [p.text for p in ARTICLE.paragraphs]


async def test_a_new_date_costs_no_vector(store: Store) -> None:
    await put(store, ARTICLE)
    model = await with_vectors(store)
    assert await put(store, replace(ARTICLE, published=None)) == [Outcome.CHANGED]
    assert len(await vectors(store, model)) == 3


async def test_of_one_url_with_two_texts_the_later_wins_and_both_are_told(store: Store) -> None:
    later = replace(ARTICLE, title="Later")
    assert await put(store, ARTICLE, later) == [Outcome.ADDED, Outcome.CHANGED]
    assert (await store.headlines([1]))[1][0] == "Later"
    assert await put(store, ARTICLE, later) == [Outcome.UNCHANGED, Outcome.UNCHANGED]


async def test_headings_and_titles_are_no_passages(store: Store) -> None:
    await put(store, ARTICLE)
    assert (await store.counts()).passages == 2
    (text,) = await store.articles_since(0)
    assert [passage for passage, _ in text.passages] == [3, 4]


async def test_texts_are_read_by_rising_id_in_parts(store: Store) -> None:
    await put(store, ARTICLE, OTHER)
    everything = await store.texts_above(0, 100)
    assert everything[0][1] == ARTICLE.title
    assert {identity for identity, _ in everything} > {3, 4}
    assert sorted(everything) == everything
    assert await store.texts_above(everything[0][0], 2) == everything[1:3]
    assert await store.texts_above(everything[-1][0], 2) == []
    assert await store.texts([4, 1, 99]) == {1: ARTICLE.title, 4: dict(everything)[4]}


async def test_an_article_stays_until_the_last_file_that_brought_it_is_without_it(store: Store) -> None:
    await put(store, ARTICLE, OTHER, file="/a.jsonl", run=1)
    await put(store, ARTICLE, file="/b.jsonl", run=1)
    await put(store, OTHER, file="/a.jsonl", run=2)
    assert await store.sweep("/a.jsonl", 2, b"digest") == []
    assert await store.file_digest("/a.jsonl") == b"digest"
    assert await store.urls_from("/a.jsonl") == [OTHER.url]
    generation = await store.generation()
    assert await store.forget_files(["/b.jsonl"]) == [ARTICLE.url]
    assert await store.articles_removed_since(generation) == [1]
    assert (await store.counts()).articles == 1


async def test_removed_articles_take_their_vectors_along(store: Store) -> None:
    await put(store, ARTICLE)
    model = await with_vectors(store)
    generation = await store.generation()
    await store.forget_files(["/a.txt"])
    assert await vectors(store, model) == {}
    assert sorted(await store.vectors_removed_since(generation)) == [1, 2, 3, 4]


async def test_ids_are_never_used_twice(store: Store) -> None:
    await put(store, ARTICLE)
    await store.forget_files(["/a.txt"])
    await put(store, ARTICLE)
    assert [identity for identity, _ in await texts(store, 2)] == [6, 7, 8]


async def test_files_below_a_folder_are_not_those_beside_it(store: Store) -> None:
    await put(store, ARTICLE, file="/news/a.txt")
    await put(store, ARTICLE, file="/news_old/a.txt")
    await put(store, ARTICLE, file="/news/deep/a%.txt")
    assert sorted(await store.files_below("/news")) == ["/news/a.txt", "/news/deep/a%.txt"]


async def test_what_changed_after_a_generation_can_be_asked_for(store: Store) -> None:
    await put(store, ARTICLE)
    generation = await store.generation()
    await put(store, OTHER)
    (text,) = await store.articles_since(generation)
    day = OTHER.day.toordinal() if OTHER.day else None
    assert (text.title, text.day, text.source) == ("Dam repaired", day, OTHER.source)
    (facts,) = await store.article_facts(generation)
    assert (facts.id, facts.day, facts.source) == (text.id, day, OTHER.source)
    assert len(await store.article_facts()) == 2
    model = await with_vectors(store)
    assert set(await vectors(store, model, generation)) == {1, 3, 4, 5, 7, 8}
    assert await vectors(store, model, await store.generation()) == {}


async def test_another_model_replaces_the_first_only_when_it_is_activated(store: Store) -> None:
    await put(store, ARTICLE)
    first = await with_vectors(store)
    second = await store.register_model(Model("n", "g", 2, "p"))
    assert await store.active_model() == first
    await store.add_vectors(second.id, [(2, b"new2"), (3, b"new3")], await store.generation())
    await store.activate_model(second.id)
    assert await store.active_model() == second
    assert await vectors(store, first) == {}
    assert await vectors(store, second) == {2: b"new2", 3: b"new3"}


async def test_vectors_of_paragraphs_that_went_meanwhile_are_passed_over(store: Store) -> None:
    await put(store, ARTICLE)
    model = await store.register_model(MODEL)
    await store.add_vectors(model.id, [(2, b"vec2"), (99, b"vec99")], await store.generation())
    assert await vectors(store, model) == {2: b"vec2"}


async def test_vectors_of_an_article_that_changed_meanwhile_are_passed_over_and_stay_pending(
    store: Store,
) -> None:
    await put(store, ARTICLE, OTHER)
    model = await store.register_model(MODEL)
    read, pending = await store.generation(), await store.pending(model.id)
    await put(store, replace(ARTICLE, title="Ferry sails once more"))
    await store.add_vectors(model.id, [(identity, b"old") for identity in pending], read)
    await store.note_encoded(model.id, read)
    assert await vectors(store, model) == {5: b"old", 7: b"old", 8: b"old"}
    assert set(await store.pending(model.id)) == {3, 4, 9}
    assert await store.pending_passages(model.id) == 2


async def test_what_changes_after_all_was_encoded_is_pending_and_so_is_all_of_another_model(
    store: Store,
) -> None:
    await put(store, ARTICLE, OTHER)
    model = await with_vectors(store)
    await store.note_encoded(model.id, await store.generation())
    assert await store.pending(model.id) == []
    await put(store, replace(OTHER, paragraphs=(*OTHER.paragraphs, Paragraph("It rained."))))
    assert await store.pending(model.id) == [9]
    assert await store.pending_passages(model.id) == 1
    second = await store.register_model(Model("n", "g", 2, "p"))
    assert len(await store.pending(second.id)) == 7
    await store.activate_model(second.id)
    again = await store.register_model(MODEL)
    assert len(await store.pending(again.id)) == 7


async def test_what_is_encoded_is_noted_without_a_new_generation_and_never_taken_back(store: Store) -> None:
    await put(store, ARTICLE)
    model = await with_vectors(store)
    generation = await store.generation()
    await store.note_encoded(model.id, generation)
    await store.note_encoded(model.id, 0)
    assert await store.generation() == generation
    await put(store, OTHER)
    assert set(await store.pending(model.id)) == {5, 7, 8}


async def test_sources_are_counted_whatever_their_case(store: Store) -> None:
    await put(store, ARTICLE, replace(OTHER, source="THE COURIER", published=date(2026, 10, 1)))
    (source,) = await store.sources()
    assert (source.articles, source.newest) == (2, date(2026, 10, 1))


async def test_a_failed_transaction_leaves_nothing_behind(store: Store) -> None:
    broken = replace(OTHER, source=object())  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        await put(store, ARTICLE, broken)
    assert (await store.counts()).articles == 0
    assert await put(store, ARTICLE) == [Outcome.ADDED]


async def test_what_was_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "newsbot.db"
    store = await Store.open(path)
    await put(store, ARTICLE)
    identity = await store.identity()
    await store.close()
    again = await Store.open(path)
    assert (await again.counts()).articles == 1
    assert await again.identity() == identity
    await again.close()


async def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "newsbot.db"
    await (await Store.open(path)).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(NewsbotError, match="newer newsbot: update newsbot"):
        await Store.open(path)
    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "newsbot.db"
    path.write_text("a shopping list, and certainly no database\n" * 100)
    with pytest.raises(NewsbotError, match=r"newsbot\.db cannot be used"):
        await Store.open(path)


async def test_a_database_that_somebody_else_holds_is_named(store: Store, tmp_path: Path) -> None:
    await store._writer.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "newsbot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(NewsbotError, match="database is locked"):
            await put(store, ARTICLE)
    finally:
        other.close()
    assert await put(store, ARTICLE) == [Outcome.ADDED]


async def test_a_database_is_for_its_owner_only(store: Store, tmp_path: Path) -> None:
    await put(store, ARTICLE)
    for name in ("newsbot.db", "newsbot.db-wal", "newsbot.db-shm"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


async def test_reading_does_not_wait_for_another_program_that_writes(tmp_path: Path) -> None:
    path = tmp_path / "newsbot.db"
    await (await Store.open(path)).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store = await Store.open(path)
        assert (await store.counts()).articles == 0
        await store._writer.execute("PRAGMA busy_timeout = 1")
        with pytest.raises(NewsbotError, match="another program is writing to the database: try again"):
            await store.new_run()
        other.execute("ROLLBACK")
        assert await store.new_run()
        await store.close()


async def test_damaged_pages_are_told_with_the_remedy_whoever_reads_or_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "newsbot.db"
    store = await Store.open(path)
    await put(store, ARTICLE)
    await store.close()
    with closing(sqlite3.connect(path)) as db:
        ((page,),) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'articles'")
        ((size,),) = db.execute("PRAGMA page_size")
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)

    store = await Store.open(path)
    for action in (store.counts(), put(store, ARTICLE)):
        with pytest.raises(NewsbotError, match=r"damaged.*newsbot restore FILE.*malformed"):
            await action
    await store.close()


async def test_a_process_that_comes_and_goes_does_not_take_the_log_away(tmp_path: Path) -> None:
    """SQLite deletes the log with the last connection: it must know of those of other processes."""
    database = tmp_path / "newsbot.db"
    await (await Store.open(database)).close()
    store = await Store.open(database)
    await put(store, ARTICLE)
    code = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]);"
        "db.execute('DELETE FROM articles'); db.commit(); db.close()"
    )
    subprocess.run([sys.executable, "-c", code, database], check=True)  # noqa: ASYNC221, S603 - the code above
    assert (tmp_path / "newsbot.db-wal").exists()
    assert (await store.counts()).articles == 0
    await store.close()
