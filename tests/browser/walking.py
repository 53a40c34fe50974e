"""Steps through the demo as a newcomer takes them, with the controls of the page."""

from playwright.async_api import Locator, Page, expect

__all__ = ["button", "set_up", "to_digest"]


def button(page: Page, name: str) -> Locator:
    """The newest button with this name."""
    return page.get_by_role("button", name=name, exact=True).last


async def set_up(page: Page) -> None:
    """Go from Telegram's START button to the first answer."""
    await button(page, "START").click()
    await button(page, "Start").click()
    await button(page, "10:00").click()
    await page.locator(".keys").get_by_role("button", name="Berlin").first.click()
    await button(page, "7 – 23").click()
    await button(page, "Ready").click()
    await button(page, "Yes").click()
    await expect(page.get_by_text("250 of 1,250 ml today")).to_be_visible()


async def to_digest(page: Page) -> None:
    await button(page, "To the digest").click()
    await expect(page.locator("article .picture img")).to_be_visible(timeout=60_000)
    await expect(page.locator(".moving")).to_be_hidden(timeout=60_000)
