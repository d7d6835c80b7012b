"""The table of a file's columns."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from emr_ml.commands.profile import profile
from emr_ml.infer.files import find_file
from emr_ml.infer.overview import TITLES, as_html, as_text, overview
from emr_ml.infer.profile import FileProfile, profile_file
from emr_ml_tests.infer.samples import choices, csv_text, floats


@pytest.fixture(name="path")
def fixture_path(tmp_path: Path) -> Path:
    columns = floats(40), choices("red", "<b>", "?", rows=40), [*range(40)]
    label = choices("yes", "no", rows=40)
    path = tmp_path / "data.csv"
    path.write_text(csv_text(["a", "colour", "n", "y"], *columns, label))
    return path


@pytest.fixture(name="seen")
def fixture_seen(path: Path) -> FileProfile:
    return profile_file(find_file(str(path)), None)


def test_each_column_has_a_line_in_the_order_of_the_file(seen: FileProfile) -> None:
    lines = overview(seen)

    assert [line.column for line in lines] == ["a", "colour", "n", "y"]
    kinds = ["numeric", "categorical", "numeric, excluded", "label, binary"]
    assert [line.kind for line in lines] == kinds
    missing = choices("red", "<b>", "?", rows=40).count("?") / 40
    assert lines[1].missing == f"{100 * missing:.2g}%"
    assert lines[1].distinct == "2"
    assert lines[2].remark == "row numbers"


def test_the_text_is_aligned(seen: FileProfile) -> None:
    _, _, header, *rows = as_text(seen).splitlines()

    start = header.index("kind")
    assert all(row[start - 1] == " " and row[start] != " " for row in rows)


def test_the_page_shows_the_same_and_runs_no_markup_of_the_file(seen: FileProfile) -> None:
    page = as_html(seen)

    cells = re.sub("<[^>]+>", "\n", page).splitlines()
    assert {*TITLES, "colour", "row numbers"} <= {*cells}
    assert "<b>" not in page and "&lt;b&gt;" in page
    assert "http" not in page


def test_the_command_prints_it_or_writes_the_page(path: Path, tmp_path: Path) -> None:
    shown = CliRunner().invoke(profile, [str(path)])
    assert shown.exit_code == 0
    assert "all 40 rows" in shown.stdout

    written = CliRunner().invoke(profile, [str(path), "--html", str(tmp_path / "a.html")])
    assert written.exit_code == 0
    assert (tmp_path / "a.html").read_text().startswith("<!doctype html>")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(profile, [str(tmp_path / "none.csv")])

    assert result.exit_code == 1
    assert "there is nothing at" in result.stderr
