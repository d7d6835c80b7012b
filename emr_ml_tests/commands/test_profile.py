"""`emr-ml profile`: what is in the columns of a file."""

import json
from pathlib import Path

import pytest

from emr_ml.commands.profile import profile
from emr_ml_tests.commands.said import said

ROWS = [f"{row % 7 or ''},{('red', 'blue')[row % 2]},{('yes', 'no')[row % 2]}" for row in range(70)]


@pytest.fixture(name="file")
def fixture_file(tmp_path: Path) -> str:
    path = tmp_path / "data.csv"
    path.write_text("\n".join(["age,colour,churned", *ROWS]) + "\n")
    return str(path)


def test_json_has_counts_for_each_column(file: str) -> None:
    found = json.loads(said(profile, file, "--label", "churned", "--json").stdout)

    assert (found["file"], found["format"], found["rows"]) == (file, "csv", 70)
    assert (found["label"], found["problem"]) == ("churned", "binary")
    age, colour, _ = found["columns"]
    assert (age["name"], age["kind"], age["missing"], age["distinct"]) == ("age", "numeric", 10, 6)
    assert colour["most_common"] == {"red": 35, "blue": 35}


def test_people_read_a_table(file: str) -> None:
    lines = said(profile, file).stdout.splitlines()

    assert lines[2].split()[:3] == ["column", "kind", "missing"]
    assert lines[3].startswith("age ")


def test_a_page_and_json_at_once_are_refused(file: str) -> None:
    result = said(profile, file, "--json", "--html", "page.html")

    assert result.exit_code == 2
    assert "give one of them" in result.stderr
