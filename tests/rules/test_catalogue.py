"""The template that translators begin with holds every sentence of today."""

from tests.support.build_catalogue import TEMPLATE, template


def test_the_template_of_all_sentences_is_up_to_date() -> None:
    assert TEMPLATE.read_text(encoding="utf-8") == template(), (
        "run python -m tests.support.build_catalogue"
    )
