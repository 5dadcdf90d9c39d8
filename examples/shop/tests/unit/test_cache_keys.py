"""The names under which answers are kept."""

from __future__ import annotations

from shop.cache import answer_key, generation_key


def test_a_key_tells_whose_it_is() -> None:
    """A key starts with the prefix, the topic and the generation."""
    assert answer_key("shop", "catalogue", 7, "search?q=mug").startswith("shop:catalogue:7:")


def test_the_same_question_has_the_same_key() -> None:
    """A key does not depend on anything but what it is made of."""
    assert answer_key("shop", "catalogue", 1, "a") == answer_key("shop", "catalogue", 1, "a")


def test_whatever_differs_gives_another_key() -> None:
    """Prefix, topic, generation and question each tell keys apart."""
    keys = {
        answer_key("shop", "catalogue", 1, "a"),
        answer_key("other", "catalogue", 1, "a"),
        answer_key("shop", "orders", 1, "a"),
        answer_key("shop", "catalogue", 2, "a"),
        answer_key("shop", "catalogue", 1, "b"),
    }
    assert len(keys) == 5


def test_a_long_question_has_a_short_key() -> None:
    """The length of a key does not grow with the question's."""
    assert len(answer_key("shop", "catalogue", 1, "mug" * 1000)) == len(answer_key("shop", "catalogue", 1, "m"))


def test_the_counter_is_apart_from_the_answers() -> None:
    """No generation's answers can be taken for the counter of generations."""
    assert generation_key("shop", "catalogue") == "shop:catalogue:generation"
