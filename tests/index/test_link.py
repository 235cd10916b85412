"""A link opens the article at the sentence, in a real browser too."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Page, sync_playwright

from index.link import link_to

URL = "https://courier.example.com/ferry"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def test_a_short_sentence_is_given_whole() -> None:
    assert link_to(URL, "The ferry sailed.") == f"{URL}#:~:text=The%20ferry%20sailed."


def test_syntax_of_the_directive_is_encoded() -> None:
    assert link_to(URL, "Salt-and-pepper, R&D").endswith("#:~:text=Salt%2Dand%2Dpepper%2C%20R%26D")


def test_a_long_sentence_is_given_by_its_ends() -> None:
    words = [f"word{number}" for number in range(40)]
    directive = link_to(URL, " ".join(words)).partition("#:~:text=")[2]
    assert directive == "%20".join(words[:7]) + "," + "%20".join(words[-7:])


def test_no_sentence_makes_an_endless_link() -> None:
    assert link_to(URL, "x" * 5000) == URL
    assert len(link_to(URL, " ".join(["ü" * 60] * 12))) < 1500


def test_a_fragment_of_the_address_is_kept() -> None:
    assert link_to(f"{URL}#live", "Noon.") == f"{URL}#live:~:text=Noon."


def test_line_breaks_within_a_sentence_are_spaces_as_in_the_page() -> None:
    assert link_to(URL, "The ferry\n  sailed.").endswith("The%20ferry%20sailed.")


def test_what_has_no_web_address_has_no_link() -> None:
    assert link_to("file:///tmp/note.txt", "The ferry sailed.") == ""


SENTENCES = [
    "The ferry sailed at noon.",
    "“We waited,” she said, “and then – at last – the R&D boat, the twenty-seat one, sailed.”",
    "Under the new rules, which the council passed by seven votes to six after a debate that went on until"
    " three in the morning, every vessel of more than twenty tonnes must carry two radios, flares and a cat.",
    "Viktor Gyökeres’ café costs €3.50 (about 10% more), doesn't it?",
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, str]]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    folder = tmp_path_factory.mktemp("site")
    filler = "<p style='height: 3000px'>Nothing to see here.</p>"
    article = "".join(f"{filler}<p>It began well. {sentence} So it ended.</p>" for sentence in SENTENCES)
    (folder / "article.html").write_text(
        f"<!doctype html><meta charset=utf-8><title>Article</title>{article}{filler}", encoding="utf-8"
    )
    handler = partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page(), f"http://127.0.0.1:{server.server_port}/article.html"
        browser.close()
    server.shutdown()
    thread.join()
    server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("number", range(len(SENTENCES)))
def test_chromium_scrolls_to_the_sentence(page: tuple[Page, str], number: int) -> None:
    tab, address = page
    tab.goto("about:blank")
    tab.goto(link_to(address, SENTENCES[number]))
    tab.wait_for_function("window.scrollY > 0", timeout=5000)
    paragraph = tab.locator("p", has_text="It began well.").nth(number)
    box, height = paragraph.bounding_box(), tab.viewport_size
    assert box is not None
    assert height is not None
    assert 0 <= box["y"] < height["height"]


def test_chromium_stays_at_the_top_for_a_sentence_that_is_not_there(page: tuple[Page, str]) -> None:
    tab, address = page
    tab.goto("about:blank")
    tab.goto(link_to(address, "The airship sailed at noon."))
    tab.wait_for_timeout(300)
    assert tab.evaluate("window.scrollY") == 0
