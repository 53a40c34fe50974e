"""The demo's page in a real browser: a newcomer's first steps, accessibility, and security."""

import re
from pathlib import Path
from typing import Any, Literal

import aiohttp
import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import Browser, Page, expect

from reminder_bot.demo import Demo
from tests.browser.walking import button, set_up, to_digest
from tests.support.demos import running_demo
from tests.support.wire import Wire

pytestmark = pytest.mark.browser

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 860}
AXE = Path(AXE_FILE_PATH).read_text()
Scheme = Literal["light", "dark"]
# Scrolls through the log, a step in each frame; returns the median and the 95th percentile of the
# frames' durations in milliseconds.
SCROLL = """async () => {
  const log = document.querySelector('.log');
  const frames = [];
  let last = performance.now();
  for (let top = log.scrollHeight; top > 0; top -= 160) {
    log.scrollTop = top;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  frames.sort((a, b) => a - b);
  return [frames[Math.floor(frames.length / 2)], frames[Math.floor(frames.length * 0.95)]];
}"""
# Shows one more message; returns how many milliseconds that took, with its layout.
APPEND = """() => {
  const phone = phones[0], at = Date.now() / 1000, begin = performance.now();
  const message = { id: 99999, bot: true, at, text: 'one more', entities: [], rows: [] };
  const chat = { messages: [message], gone: [], reach: 'open', keyboard: null };
  phone.hear({ ...chat, clock: { ...phone.clock } });
  document.querySelector('.log').getBoundingClientRect();
  return performance.now() - begin;
}"""


async def findings(page: Page) -> list[str]:
    """The violations of accessibility rules that axe rates as serious or critical."""
    await page.evaluate(AXE)
    found: dict[str, Any] = await page.evaluate("() => axe.run()")
    return [
        f"{each['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


async def wire_of(demo: Demo) -> Wire:
    return Wire(demo.server.base_url, demo.server.token)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_a_newcomer_gets_from_start_to_the_digest(
    page: Page, scheme: Scheme, size: dict[str, int], pictures: Path
) -> None:
    await page.set_viewport_size({"width": size["width"], "height": size["height"]})
    await page.emulate_media(color_scheme=scheme)
    name = f"{scheme}-{size['width']}"
    await page.screenshot(path=pictures / f"{name}-start.png")
    assert await findings(page) == []

    await set_up(page)
    await button(page, "Next message").click()
    await button(page, "Yes").click()
    await button(page, "Next message").click()
    await expect(button(page, "+500 ml")).to_be_visible()
    await page.screenshot(path=pictures / f"{name}-question.png")
    await button(page, "Later").click()
    await button(page, "1 h").click()
    await expect(page.get_by_text("Back at 13:30.")).to_be_visible()
    assert await findings(page) == []
    await to_digest(page)
    await page.screenshot(path=pictures / f"{name}-digest.png")

    assert await findings(page) == []
    await expect(page.get_by_text("Your week, 4 Mar to 7 Mar")).to_be_visible()
    await expect(page.locator(".now")).to_have_text("Sun 8 Mar, 18:00")
    is_wide = await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    assert not is_wide


async def test_a_hostile_text_stays_text(page: Page, demo: Demo) -> None:
    await button(page, "START").click()
    await expect(button(page, "Start")).to_be_visible()
    wire = await wire_of(demo)
    script = "<script>document.title='gone'</script><img src=x onerror=document.title='gone'>"
    texts: list[dict[str, Any]] = [
        {"text": script},
        {"text": '<a href="javascript:document.title=1">press me</a>', "parse_mode": "HTML"},
        {
            "text": '<a href="data:x">or me</a> <a href="https://example.org/">a true one</a>',
            "parse_mode": "HTML",
        },
        {"text": "x" * 4000 + "\u202e\u0000"},
        {"text": '<b><i><a href="https://example.org/">/start</a></i></b>', "parse_mode": "HTML"},
        {
            "text": "url",
            "reply_markup": {"inline_keyboard": [[{"text": "t", "url": "tg://resolve?domain=x"}]]},
        },
    ]
    try:
        for each in texts:
            assert (
                await wire.call("sendMessage", chat_id=demo.page.person(1).id, **each)
            ).status == 200
    finally:
        await wire.close()

    await expect(page.get_by_text("<script>document.title")).to_be_visible()
    await expect(page.get_by_text("press me")).to_be_visible()
    links = await page.locator(".log a").evaluate_all(
        "all => all.map(each => [each.href, each.rel, each.textContent])"
    )
    assert links == [
        ["https://example.org/", "noopener noreferrer", "a true one"],
        ["https://example.org/", "noopener noreferrer", "/start"],
    ]
    assert await page.title() == "Reminder bot: demo"
    assert await page.locator(".log script, .log img, .log iframe").count() == 0
    sizes = await page.evaluate(
        "(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])(phones[0].log)"
    )
    assert sizes[0] == sizes[1]


async def test_formatting_is_shown_as_in_telegram(page: Page, demo: Demo, pictures: Path) -> None:
    await button(page, "START").click()
    await expect(button(page, "Start")).to_be_visible()
    wire = await wire_of(demo)
    text = (
        "<b>bold <i>both</i></b> <u>under</u> <s>struck</s> <code>code</code> 😀"
        "<tg-spoiler>the <b>end</b></tg-spoiler>\n"
        '<tg-time unix="1772614800" format="t">10:00</tg-time>\n'
        "<blockquote expandable>one\ntwo\nthree\nfour\nfive</blockquote>"
    )
    try:
        await wire.call("sendMessage", chat_id=demo.page.person(1).id, text=text, parse_mode="HTML")
        await wire.call("sendChatAction", chat_id=demo.page.person(1).id, action="typing")
    finally:
        await wire.close()

    article = page.locator("article").last
    await expect(article.locator("b i")).to_have_text("both")
    await expect(page.get_by_text("typing…")).to_be_visible()
    # In the zone of the browser, which is Tokyo's.
    await expect(article.locator(".words time")).to_have_text("18:00")
    await article.get_by_role("button", name="Hidden text").press("Enter")
    assert await article.get_by_role("button", name="Hidden text").count() == 0
    await article.get_by_role("button", name="Show more").click()
    await page.screenshot(path=pictures / "marks.png")
    assert await findings(page) == []


async def test_all_controls_can_be_used_by_keyboard(page: Page) -> None:
    async def press_on(name: str) -> None:
        """Move the focus to a control with Tab, and press Enter."""
        for _ in range(60):
            await page.keyboard.press("Tab")
            focused = await page.evaluate(
                "() => (document.activeElement.getAttribute('aria-label') ?? "
                "document.activeElement.textContent).trim()"
            )
            if focused == name:
                await page.keyboard.press("Enter")
                return
        raise AssertionError(f"Tab never reached {name}")

    await press_on("START")
    await expect(button(page, "Start")).to_be_visible()
    await press_on("Start")
    await expect(button(page, "Type a city")).to_be_visible()
    await page.get_by_label("Message", exact=True).focus()
    await page.keyboard.type("Berlin")
    await page.keyboard.press("Enter")
    await expect(button(page, "No")).to_be_visible()
    await press_on("Yes")
    await expect(button(page, "7 – 23")).to_be_visible()
    await press_on("7 – 23")
    await expect(button(page, "Ready")).to_be_visible()
    await press_on("Ready")
    await expect(button(page, "Yes")).to_be_visible()
    await press_on("Yes")
    await expect(page.get_by_text("250 of 1,250 ml today")).to_be_visible()
    # The focus stays on the message that was tapped.
    assert await page.evaluate("document.activeElement.textContent") == "Undo"
    await page.get_by_label("Message", exact=True).focus()
    await page.keyboard.type("/wat")
    await expect(page.locator(".commands li")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(page.locator(".commands")).to_be_hidden()


async def test_any_location_can_be_shared(page: Page, demo: Demo) -> None:
    await button(page, "START").click()
    await button(page, "Start").click()
    await button(page, "📍 Location").click()
    await (
        page.locator(".keyboard")
        .get_by_role("button", name=re.compile("location|Share", re.IGNORECASE))
        .first.click()
    )
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    for _ in range(20):  # Tab does not leave the dialog
        await page.keyboard.press("Tab")
        assert await page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    assert await findings(page) == []

    await dialog.get_by_role("button", name="Auckland").click()

    await expect(page.get_by_text("Auckland: is it 22:00 now?")).to_be_visible()
    await button(page, "Yes").click()
    await expect(page.get_by_text("Auckland: 22:00")).to_be_visible()
    await expect(page.locator(".place")).to_have_text("Pacific/Auckland")
    await expect(page.locator(".keyboard")).to_be_hidden()


async def test_replies_thumbs_block_and_unblock(page: Page) -> None:
    await set_up(page)
    await button(page, "Next message").click()
    await expect(page.locator("article").last).to_contain_text("🥛")
    await page.locator("article").last.get_by_role("button", name="Message actions").click()
    await page.get_by_role("button", name="Answer with thumbs up").click()
    await expect(page.locator("article.mine").last.locator(".quote")).to_be_visible()
    await expect(page.locator(".words", has_text="🥛 12:00 · done for today")).to_be_visible()

    await page.get_by_role("button", name="More", exact=True).click()
    await button(page, "Block the bot").click()
    await expect(button(page, "UNBLOCK")).to_be_visible()
    await button(page, "UNBLOCK").click()

    await expect(page.get_by_label("Message", exact=True)).to_be_visible()


async def test_two_people_are_shown_side_by_side(page: Page, demo: Demo, pictures: Path) -> None:
    await page.set_viewport_size({"width": 1280, "height": 860})
    await page.goto(f"{demo.page.address}?person=both")
    ana, kenji = page.locator(".phone").first, page.locator(".phone").last
    await ana.get_by_role("button", name="START").click()
    await expect(ana.get_by_role("button", name="Start", exact=True)).to_be_visible()

    await expect(kenji.get_by_role("button", name="START")).to_be_visible()
    await kenji.get_by_role("button", name="START").click()
    await kenji.locator(".keys button").first.click()
    await expect(kenji.get_by_role("button", name="18:00")).to_be_visible()

    await expect(ana.locator("article")).to_have_count(2)
    assert await findings(page) == []
    await page.screenshot(path=pictures / "both.png")


async def test_scrolling_two_hundred_messages_is_smooth(page: Page, demo: Demo) -> None:
    await button(page, "START").click()
    await expect(button(page, "Start")).to_be_visible()
    keyboard = {
        "inline_keyboard": [
            [{"text": name, "callback_data": name} for name in ("Yes", "No", "Later")]
        ]
    }
    wire = await wire_of(demo)
    try:
        for number in range(200):
            text = f"Message <b>{number}</b> of two hundred, with a <i>mark</i> and /help"
            await wire.call(
                "sendMessage",
                chat_id=demo.page.person(1).id,
                text=text,
                parse_mode="HTML",
                reply_markup=keyboard,
            )
    finally:
        await wire.close()
    await expect(page.locator("article")).to_have_count(202)

    median, p95 = await page.evaluate(SCROLL)
    appended = await page.evaluate(APPEND)

    print(f"a frame: median {median:.1f} ms, p95 {p95:.1f} ms; a new message: {appended:.1f} ms")
    assert p95 < 60
    assert appended < 60


async def test_a_page_says_that_a_new_demo_has_a_new_address(browser: Browser) -> None:
    async with running_demo() as first:
        port = first.page.port
        page = await browser.new_page()
        await page.goto(first.page.address)
        await button(page, "START").click()
        await expect(button(page, "Start")).to_be_visible()
    await expect(page.get_by_text("connecting…")).to_be_visible()

    async with running_demo(port) as second:
        await expect(page.get_by_text("ended: open the new address")).to_be_visible(timeout=20_000)
        await page.goto(second.page.address)
        await button(page, "START").click()
        await expect(button(page, "Start")).to_be_visible()
        assert len(second.page.person(1).messages) == 2
        await page.close()


async def test_the_page_is_smaller_than_60_kilobytes(demo: Demo) -> None:
    size = 0
    async with aiohttp.ClientSession() as session:
        for name in ("", "chat.css", "chat.js", "icon.svg"):
            async with session.get(demo.page.address + name) as answer:
                size += len(await answer.read())

    print(f"the page has {size} bytes")
    assert size < 60_000
