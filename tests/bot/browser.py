"""The preview in a headless Chromium, as somebody sees it who tries the bot.

As a program it runs a command over the sample articles and takes a picture of what comes, for the README:

    python -m tests.bot.browser answer.png /ask question="Who won the cup final?" [--width 400]
    python -m tests.bot.browser settings.png /settings --as editor [--click "Choose…"]
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Locator, Page, async_playwright
from playwright.async_api import TimeoutError as TooLong

from bot.opening import open_newsroom
from bot.preview import open_preview
from bot.settings import Settings, load

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@asynccontextmanager
async def browse(url: str, *, width: int = 1000, height: int = 900, scale: float = 1) -> AsyncIterator[Page]:
    """A page at ``url``, in a window of so many CSS pixels."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(
            viewport={"width": width, "height": height}, device_scale_factor=scale, timezone_id="UTC"
        )
        page.set_default_timeout(30_000)
        await page.goto(url)
        yield page
        await browser.close()


async def ask(page: Page, question: str) -> Locator:
    """Types ``/ask`` and the question, and returns the message with the answer."""
    return await command(page, "/ask", question=question)


async def command(page: Page, name: str, *, member: str = "", **options: str) -> Locator:
    """Types a command with its options, perhaps as another ``member``, and returns the message that comes.

    Only options that must be given can be.
    """
    if member:
        await page.get_by_label("Viewing as").select_option(member)
    messages = page.locator("article").filter(has=page.get_by_role("heading"))
    before = await messages.count()
    await type_command(page, name)
    await page.keyboard.press("Enter")
    for option, value in options.items():
        await page.get_by_label(f"{option}, required").fill(value)
    await page.keyboard.press("Enter")
    message = messages.nth(before)
    await message.wait_for()
    return message


async def type_command(page: Page, text: str) -> None:
    """Types the beginning of a command, until commands are offered: a page that loads anew forgets it."""
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


async def take_picture(
    settings: Settings,
    name: str,
    options: dict[str, str],
    picture: Path,
    *,
    member: str,
    clicks: list[str],
    width: int,
) -> None:
    """Writes a PNG of the message that a command brings, after clicks on buttons of these names."""
    async with await open_newsroom(settings) as newsroom:
        await newsroom.reindex()
        async with (
            open_preview(newsroom) as preview,
            browse(preview.url, width=width, height=2000, scale=2) as page,
        ):
            message = await command(page, name, member=member, **options)
            for click in clicks:
                await message.get_by_role("button", name=click).first.click()
                await page.wait_for_timeout(1000)
            await page.evaluate("document.fonts.ready")
            await message.screenshot(path=picture)


def _main() -> None:
    parser = argparse.ArgumentParser(description="Takes a picture of what a command brings in the preview.")
    parser.add_argument("picture", type=Path)
    parser.add_argument("command", help="/ask, /settings …")
    parser.add_argument("options", nargs="*", help="question=…")
    parser.add_argument("--as", dest="member", default="reader", choices=["reader", "editor"])
    parser.add_argument("--click", action="append", default=[], help="a button to press before, by its name")
    parser.add_argument("--width", type=int, default=1000)
    given = parser.parse_args()
    options = dict(option.split("=", 1) for option in given.options)
    asyncio.run(
        take_picture(
            load().demo,
            given.command,
            options,
            given.picture,
            member=given.member,
            clicks=given.click,
            width=given.width,
        )
    )


if __name__ == "__main__":
    _main()
