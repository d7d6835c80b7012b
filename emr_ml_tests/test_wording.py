"""Names, suggestions and control characters in messages."""

import pytest

from emr_ml.wording import (
    closest,
    did_you_mean,
    duration,
    escape_control_characters,
    file_size,
    local_time_of,
    quote_names,
    rounded,
    unknown_key,
)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a", "b"], "'a', 'b'"),
        (list("abcdefghij"), "'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h' and 2 more"),
        (["x" * 61], f"'{'x' * 60}…'"),
    ],
)
def test_names_are_quoted_shortened_and_counted(names: list[str], text: str) -> None:
    assert quote_names(names) == text


@pytest.mark.parametrize(
    ("word", "known", "name"),
    [
        ("on_demnd", ["spot", "on_demand"], "on_demand"),
        ("ON-DEMAND", ["spot", "on_demand"], "on_demand"),
        ("straße", ["strasse"], "strasse"),
        ("other", ["spot", "on_demand"], None),
        ("%", ["$", "on_demand"], None),
        ("spot", [], None),
    ],
)
def test_a_name_is_suggested_by_its_letters(word: str, known: list[str], name: str | None) -> None:
    assert closest(word, known) == name
    assert did_you_mean(word, known) == (f": did you mean {name}?" if name else "")


@pytest.mark.parametrize(
    ("key", "known", "text"),
    [
        ("cores", ["core", "task"], "unknown key: did you mean core?"),
        ("zzz", ["core", "task"], "unknown key: known are core, task"),
        ("zzz", [], "unknown key"),
    ],
)
def test_an_unknown_key_gets_a_suggestion_or_all_keys(
    key: str, known: list[str], text: str
) -> None:
    assert unknown_key(key, known) == text


def test_only_line_breaks_and_tabs_reach_the_terminal() -> None:
    assert escape_control_characters("é\n\t\x1b[2J\r") == "é\n\t\\x1b[2J\\r"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (7385, "2 h 03 min")],
)
def test_a_duration_has_two_units_at_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_size_has_few_digits() -> None:
    sizes = [file_size(size) for size in (900, 9e3, 2e6, 3e8)]
    assert sizes == ["900 bytes", "9 kB", "2.0 MB", "300 MB"]


def test_a_time_that_is_none_is_shown_as_it_is() -> None:
    assert local_time_of("2026-11-01T10:00:59.123+00:00").startswith("2026-1")
    assert local_time_of("soon\x1b") == "soon\\x1b"


def test_numbers_are_rounded_and_all_else_stays() -> None:
    given = {"needed": 0.680258211197008, "rows": 12345, "by": {"age": 0.00123456}, "ok": True}

    assert rounded(given) == {"needed": 0.6803, "rows": 12345, "by": {"age": 0.001235}, "ok": True}
