"""Takes the README's picture of the demo from the real page: `python -m
tests.support.build_screenshot`.
"""

import asyncio
import shutil
from pathlib import Path

from playwright.async_api import async_playwright, expect

from tests.browser.walking import button, set_up
from tests.support.demos import running_demo

PICTURE = Path(__file__).parents[2] / "deploy" / "demo.png"


async def take() -> None:
    """Answer some questions of a first day, then take the picture: light, as wide as a phone."""
    chromium = shutil.which("chromium")
    assert chromium, "chromium is not installed: apt-get install chromium fonts-noto-color-emoji"
    async with running_demo() as demo, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page(
            viewport={"width": 390, "height": 720},
            color_scheme="light",
            locale="de-DE",
            timezone_id="Europe/Berlin",
        )
        await page.goto(demo.page.address)
        await set_up(page)
        for _ in range(2):
            await button(page, "Next message").click()
            await button(page, "Yes").click()
            await expect(button(page, "Yes")).to_have_count(0)
        await button(page, "Next message").click()
        await expect(button(page, "Yes")).to_be_visible()
        await expect(page.locator(".moving")).to_be_hidden()
        await page.mouse.move(0, 0)
        await page.screenshot(path=PICTURE, animations="disabled")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(take())
