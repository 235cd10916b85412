"""The preview in a headless Chromium, as somebody sees it who tries the bot."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Locator, Page, async_playwright
from playwright.async_api import TimeoutError as TooLong

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

# What of a message a reader does not see whole: it sticks out of the window, or is cut off at its own edge.
_CUT_OFF = """message => {
    const wide = document.documentElement.clientWidth;
    const seen = [...message.querySelectorAll("*")].filter(one => one.getBoundingClientRect().width > 1);
    const cut = seen.filter(one => {
        const { left, right } = one.getBoundingClientRect();
        const hides = getComputedStyle(one).overflowX !== "visible";
        return left < 0 || right > wide + 1 || (hides && one.scrollWidth > one.clientWidth + 1);
    });
    return cut.map(one => `${one.tagName} ${one.className}: ${one.textContent.slice(0, 80)}`);
}"""

# Whether the page has nothing under way: until then it drops what is sent, and forgets what was typed.
_AT_REST = """(() => {
    const { ready, awaitingRevision, pendingQuery } = window.simcordPreview;
    return ready && awaitingRevision === null && !pendingQuery;
})()"""


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """A Chromium without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@asynccontextmanager
async def open_page(
    browser: Browser, url: str, *, width: int = 1000, height: int = 900, scale: float = 1
) -> AsyncIterator[Page]:
    """A page at ``url``, in a window of so many CSS pixels."""
    page = await browser.new_page(
        viewport={"width": width, "height": height}, device_scale_factor=scale, timezone_id="UTC"
    )
    page.set_default_timeout(30_000)
    await page.goto(url)
    yield page
    await page.close()


@asynccontextmanager
async def browse(url: str, *, width: int = 1000, height: int = 900) -> AsyncIterator[Page]:
    """A page at ``url`` in a browser of its own."""
    async with open_browser() as browser, open_page(browser, url, width=width, height=height) as page:
        yield page


async def ask(page: Page, question: str) -> Locator:
    """Types ``/ask`` and the question, and returns the message with the answer."""
    return await command(page, "/ask", question=question)


async def command(page: Page, name: str, *, member: str = "", **options: str) -> Locator:
    """Types a command with its options, perhaps as another ``member``, and returns the message that comes."""
    if member:
        await view_as(page, member)
    before = await messages(page).count()
    await type_command(page, name)
    await page.keyboard.press("Enter")
    await _rest(page)
    for option, value in options.items():
        required = page.get_by_label(f"{option}, required")
        if not await required.count():
            await page.get_by_role("button", name=re.compile(r"\+\d+ (?:more|options)")).click()
            await page.get_by_role("option", name=re.compile(rf"^{option}\b")).click()
        await required.or_(page.get_by_label(option, exact=True)).fill(value)
    await _send(page)
    return await _answer(page, before)


async def view_as(page: Page, member: str) -> None:
    """Becomes another member."""
    await _rest(page)
    await page.get_by_label("Viewing as").select_option(member)
    await _rest(page)


async def press(page: Page, message: Locator, button: str) -> Locator:
    """Presses the first button of this name under a message, and returns the message that comes."""
    before = await messages(page).count()
    await message.get_by_role("button", name=button).first.click()
    return await _answer(page, before)


async def type_command(page: Page, text: str) -> None:
    """Types the beginning of a command, until commands are offered: a page that loads anew forgets it."""
    await _rest(page)
    for last in (False, False, False, False, True):
        box = page.get_by_placeholder("Message #news")
        await box.fill("")
        await box.press_sequentially(text)
        try:
            await commands(page).first.wait_for(timeout=30_000 if last else 3_000)
        except TooLong:
            if last:
                raise
        else:
            return


def commands(page: Page) -> Locator:
    """The commands that are offered while somebody types."""
    return page.get_by_role("listbox", name="Application commands").get_by_role("option")


def messages(page: Page) -> Locator:
    """The messages of the channel."""
    return page.locator("#channel-message-list article")


async def cut_off(message: Locator, width: int) -> list[str]:
    """What of a message is not to be seen whole, sideways, in a window of so many CSS pixels."""
    await message.page.set_viewport_size({"width": width, "height": 2000})
    found: list[str] = []
    for _ in range(100):  # until the page is laid out anew; its policy forbids to wait in it
        found = await message.evaluate(_CUT_OFF)
        if not found:
            break
        await message.page.wait_for_timeout(50)
    return found


async def _send(page: Page) -> None:
    """Presses Send until the command has left: the page may just have begun to ask for choices."""
    for _ in range(5):
        await _rest(page)
        if await page.evaluate("window.simcordPreview.commandPicker.draft === null"):
            return
        await page.get_by_role("button", name="Send").click()


async def _rest(page: Page) -> None:
    for _ in range(600):
        if await page.evaluate(_AT_REST):
            return
        await page.wait_for_timeout(50)
    raise TooLong("the page of the preview is at work for half a minute")


async def _answer(page: Page, place: int) -> Locator:
    """The message in this place, when it is there and the bot does not think any more."""
    message = messages(page).nth(place)
    await message.filter(has_not_text="Thinking…").wait_for()
    await _rest(page)
    await page.evaluate("document.fonts.ready")
    return message
