"""Every sentence for people stands in texts/ or content/, and can be translated."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import reminder_bot
from tests.support.build_catalogue import TEMPLATE

PACKAGE = Path(reminder_bot.__file__).parent
GETTEXT = {"gettext", "ngettext", "pgettext", "npgettext"}
LABELLED = {"button", "go", "do", "Screen"}
"""Functions of chat/ whose first argument a person reads."""
LOGGERS = {"log", "logger", "logging"}
WORDS = re.compile(r"\b[A-Z][a-z]|[a-z]{2,} [a-z]")
"""A capitalised word, or two words in a row. Verbs, paths and formats have neither."""


def python_files(*packages: str) -> list[Path]:
    return sorted(file for each in packages for file in (PACKAGE / each).rglob("*.py"))


def name_of(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def gettext_calls(source: str) -> list[ast.Call]:
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [call for call in calls if name_of(call) in GETTEXT]


def literals(node: ast.AST) -> Iterator[str]:
    """The strings written in an expression, without those of calls in it and of format specs."""
    if isinstance(node, ast.Call):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        if child is not getattr(node, "format_spec", None):
            yield from literals(child)


def is_unseen(node: ast.AST) -> bool:
    """Whether no person reads the strings in a node: an exception, an assertion, a log entry."""
    if isinstance(node, ast.Raise | ast.Assert):
        return True
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in LOGGERS
    )


def words_in_calls(node: ast.AST) -> Iterator[str]:
    """Literals with words for people that are handed to a call."""
    if is_unseen(node):
        return
    if isinstance(node, ast.Call):
        given = [*node.args, *(each.value for each in node.keywords)]
        yield from (text for each in given for text in literals(each) if WORDS.search(text))
        if name_of(node) in LABELLED and node.args:
            label = literals(node.args[0])
            yield from (text for text in label if re.search(r"[^\W\d_]", text))
    for child in ast.iter_child_nodes(node):
        yield from words_in_calls(child)


def test_sentences_are_translated_in_texts_alone() -> None:
    elsewhere = [
        f"{file.relative_to(PACKAGE)}:{call.lineno}"
        for file in python_files(".")
        if not file.is_relative_to(PACKAGE / "texts")
        for call in gettext_calls(file.read_text())
    ]

    assert elsewhere == [], "move the sentence into a module of texts/"


@pytest.mark.parametrize("file", python_files("chat"), ids=lambda file: str(file.name))
def test_the_conversation_hands_no_words_of_its_own_to_a_person(file: Path) -> None:
    assert list(words_in_calls(ast.parse(file.read_text()))) == [], "move them into texts/"


@pytest.mark.parametrize(
    "source",
    [
        'button("Remove", data("do", path))',
        'do(f"Remove {name}", path)',
        'go("back", "habits")',
        'Screen("no habits", inline([]))',
        'sender.say(user_id, "Nothing is open.")',
        'ScreenResult(path, words="it is gone")',
        'x = Screen("\\n".join(["Your habits", *lines]), keyboard)',
        'Screen(texts.habits.title(t) + ": none", keyboard)',
    ],
)
def test_the_rule_finds_words_in(source: str) -> None:
    assert list(words_in_calls(ast.parse(source))) != []


@pytest.mark.parametrize(
    "source",
    [
        'button(texts.buttons.back(t), data("back"))',
        'do(f"✕ {slot:%H:%M}", f"{base}/x{slot:%H%M}")',
        'Screen("\\n".join(lines), inline(rows), is_asking=True)',
        'raise ValueError("this is no zone")',
        'log.warning("The menu could not be set: %s", reason)',
        'await call("sendPhoto", chat_id=5)',
    ],
)
def test_the_rule_lets_pass(source: str) -> None:
    assert list(words_in_calls(ast.parse(source))) == []


def test_the_template_has_every_sentence_that_is_given_to_gettext() -> None:
    """Babel does not look inside f-strings on Python 3.11; the syntax tree does."""
    with TEMPLATE.open("rb") as file:
        catalogue = read_po(file)
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue}

    missing = [
        argument.value
        for file in python_files("texts")
        for call in gettext_calls(file.read_text())
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant) and argument.value not in known
    ]

    assert missing == [], "give gettext the sentence in a statement of its own"
