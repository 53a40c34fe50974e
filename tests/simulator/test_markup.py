"""Parsing of HTML: the plain text and its entities."""

from typing import Any

import pytest

from reminder_bot.simulator.markup import read_text


@pytest.mark.parametrize(
    ("html", "plain", "entities"),
    [
        ("<b>a</b><strong>b</strong>", "ab", [("bold", 0, 1), ("bold", 1, 1)]),
        ("<i>a</i><em>b</em>", "ab", [("italic", 0, 1), ("italic", 1, 1)]),
        ("<u>a</u><ins>b</ins>", "ab", [("underline", 0, 1), ("underline", 1, 1)]),
        (
            "<s>a</s><del>b</del><strike>c</strike>",
            "abc",
            [("strikethrough", place, 1) for place in range(3)],
        ),
        (
            '<span class="tg-spoiler">a</span><tg-spoiler>b</tg-spoiler>',
            "ab",
            [("spoiler", 0, 1), ("spoiler", 1, 1)],
        ),
        ("<code>a</code> <pre>b</pre>", "a b", [("code", 0, 1), ("pre", 2, 1)]),
        ('<pre><code class="language-python">a</code></pre>', "a", [("code", 0, 1), ("pre", 0, 1)]),
        ("<blockquote>a</blockquote>", "a", [("blockquote", 0, 1)]),
        ("<blockquote expandable>a</blockquote>", "a", [("expandable_blockquote", 0, 1)]),
        ("💧 <b>water <i>now</i></b>", "💧 water now", [("bold", 3, 9), ("italic", 9, 3)]),
        ("  <b> a </b>\n", "a", [("bold", 0, 1)]),
        ("<B>a</B >", "a", [("bold", 0, 1)]),
        ("a<b></b>", "a", []),
        ("1 &lt; 2 &amp; 3 &#62; 2 &copy; &", "1 < 2 & 3 > 2 &copy; &", []),
    ],
)
def test_html_becomes_text_and_entities(
    html: str, plain: str, entities: list[tuple[str, int, int]]
) -> None:
    text = read_text(html, "HTML", None)

    assert text.plain == plain
    assert [
        (entity["type"], entity["offset"], entity["length"]) for entity in text.entities
    ] == entities


@pytest.mark.parametrize(
    ("html", "more"),
    [
        (
            '<a href="https://example.org/?a=1&amp;b=2">x</a>',
            {"type": "text_link", "url": "https://example.org/?a=1&b=2"},
        ),
        ("<a href='tg://user?id=7'>x</a>", {"type": "text_link", "url": "tg://user?id=7"}),
        (
            '<tg-emoji emoji-id="5368324170671202286">x</tg-emoji>',
            {"custom_emoji_id": "5368324170671202286"},
        ),
        (
            '<tg-time unix="1767600000" format="t">x</tg-time>',
            {"unix_time": 1767600000, "date_time_format": "t"},
        ),
        ('<tg-time unix="1767600000">x</tg-time>', {"type": "date_time", "unix_time": 1767600000}),
    ],
)
def test_an_entity_has_the_attributes_of_its_tag(html: str, more: dict[str, Any]) -> None:
    text = read_text(html, "HTML", None)

    assert text.entities[0].items() >= more.items()


def test_without_a_parse_mode_tags_are_text() -> None:
    text = read_text("<b>a</b>", None, None)

    assert (text.plain, text.html) == ("<b>a</b>", "&lt;b&gt;a&lt;/b&gt;")


def test_given_entities_are_moved_when_white_space_is_stripped() -> None:
    text = read_text("  bold", None, [{"type": "bold", "offset": 2, "length": 4}])

    assert text.entities == [{"type": "bold", "offset": 0, "length": 4}]
