"""A real browser, Debian's chromium without a window, and a demo in this process for it to open.

Without chromium these tests are skipped with the reason; in CI that is a failure, unless .ci/run
has said in WITHOUT_CHROMIUM why it could not be installed.
"""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from reminder_bot.demo import Demo
from tests.support.demos import running_demo

expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program."""
    found = shutil.which("chromium")
    if found is None:
        reason = os.environ.get("WITHOUT_CHROMIUM")
        if os.environ.get("CI") and not reason:
            pytest.fail("chromium is not installed: apt-get install chromium")
        pytest.skip(reason or "chromium is not installed: apt-get install chromium")
    return found


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running_demo() as demo:
        yield demo


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        # Its sandbox needs rights that a container's root has not; it opens nothing but this
        # machine's page.
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, demo: Demo) -> AsyncIterator[Page]:
    """The first person's page at phone width, in a German's browser; an error of the page fails
    the test.
    """
    context = await browser.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme="light",
        locale="de-DE",
        timezone_id="Asia/Tokyo",
    )
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda message: errors.append(message.text) if message.type == "error" else None
    )
    await page.goto(demo.page.address)
    await page.wait_for_selector("[data-ready]")
    yield page
    await context.close()
    assert [
        each for each in errors if "ERR_" not in each
    ] == []  # a demo that is restarted is away for a moment


@pytest.fixture
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where pictures of the page go: DEMO_PICTURES, or a folder of this test."""
    place = Path(os.environ.get("DEMO_PICTURES") or tmp_path)
    place.mkdir(exist_ok=True)
    return place
