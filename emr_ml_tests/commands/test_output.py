"""How commands print."""

import json
from pathlib import Path

import pytest

from emr_ml.commands.output import flat, named, print_json, state, table


def test_text_beside_a_name_is_wrapped_below_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")

    lines = named("cause", "there is nothing at /nowhere: check the path", 4).splitlines()

    assert lines[0] == "    cause       there is nothing at"
    assert lines[1:] == ["                /nowhere: check the path"]


def test_without_a_text_there_is_no_line() -> None:
    assert named("cause", "") == ""


def test_what_a_terminal_would_obey_is_shown_and_not_sent() -> None:
    assert "\x1b" not in named("cause", "red \x1b[31m")
    assert table([("a\x1b[2J", "b")]) == ["a\\x1b[2J  b"]


def test_columns_are_aligned_at_the_side_that_is_asked_for() -> None:
    assert table([("name", "1"), ("n", "100")], right=[1]) == ["name    1", "n     100"]
    assert table([]) == []


def test_a_state_has_a_colour_that_says_what_it_means() -> None:
    assert state("good") == "\x1b[32mgood\x1b[0m"
    assert state("failure", 8).startswith("\x1b[31mfailure ")
    assert state("not current") == "not current\x1b[0m"


def test_nested_values_are_listed_by_their_path() -> None:
    assert flat({"a": {"b": 1, "c": {}}, "d": [2]}) == {"a.b": 1, "a.c": {}, "d": [2]}


def test_json_keeps_letters_and_prints_paths(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"größe": Path("/tmp/x")})  # noqa: S108 - nothing is written there

    text = capsys.readouterr().out
    assert "größe" in text
    assert json.loads(text) == {"größe": "/tmp/x"}  # noqa: S108 - as above
