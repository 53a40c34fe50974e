"""Fixtures: a headless chromium, and a demo in this process.

If chromium is not installed, these tests are skipped. In CI they fail, unless .ci/run has set
WITHOUT_CHROMIUM to the reason why it could not be installed.
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
    """The path of the program."""
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
        # The sandbox does not work in containers. Only the demo's page is opened.
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, demo: Demo) -> AsyncIterator[Page]:
    """The first person's page in a German browser, as wide as a phone.

    Any error in the page fails the test.
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
    # ERR_: the demo is unreachable for a moment while it restarts.
    assert [each for each in errors if "ERR_" not in each] == []


@pytest.fixture
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder for screenshots: DEMO_PICTURES, or a temporary one."""
    place = Path(os.environ.get("DEMO_PICTURES") or tmp_path)
    place.mkdir(exist_ok=True)
    return place
