"""How the files of a folder differ, beside the contract of the first one."""

from pathlib import Path

import pytest

from emr_ml.contract import parse_contract
from emr_ml_tests.infer.samples import Inferred, choices, csv_text, floats

ROWS = csv_text(["a", "b", "y"], floats(30), floats(30), choices("yes", "no", rows=30))


def inferred(folder: Path, **others: str) -> Inferred:
    (folder / "a.csv").write_text(ROWS)
    for name, text in others.items():
        (folder / f"{name}.csv").write_text(text)
    return Inferred(folder)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("a,y\n1,yes\n", "unless `on_bad_file: skip` is set: b.csv lacks 'b'."),
        ("a,b,y,z\n1,2,yes,3\n", "Other files have further columns: 'z' in 1."),
        ("b,a,y\n1,2,yes\n", "In another order, which is no problem: b.csv."),
        ("PAR1xx", "These do not fit the dialect: "),
        (f"{ROWS}Total,3,yes\n", "does not skip, so they would be rows: b.csv."),
        (f"{ROWS * 99}Total,3,yes\n", "does not skip, so they would be rows: b.csv."),
    ],
)
def test_each_difference_is_told(tmp_path: Path, text: str, note: str) -> None:
    assert note in inferred(tmp_path, b=text).text


def test_names_that_differ_by_case_alone_are_the_same_column(tmp_path: Path) -> None:
    found = inferred(tmp_path, b="A,B,Y\n1,2,yes\n")

    assert found.contract.header_case == "ignore"
    assert found.contract.match_names(["A", "B", "Y"]) == ("a", "b", "y")


def test_equal_files_need_no_note(tmp_path: Path) -> None:
    found = inferred(tmp_path, b=ROWS, c=ROWS)

    title = "# First of 3 files in its folder; headers of others that were compared: 2."
    assert title in found.text
    assert "stop a run" not in found.text


def test_the_notes_leave_it_a_contract(tmp_path: Path) -> None:
    found = inferred(tmp_path, b="x,\u2028,y: z\n1,2,yes\n")

    assert parse_contract(found.text, "inferred.yaml").label


@pytest.mark.parametrize("times", [1, 99])
def test_files_without_the_total_or_the_units_of_the_first_one_are_told(
    tmp_path: Path, times: int
) -> None:
    with_both = ROWS.replace("\n", "\nkg,kg,\n", 1) + "Total,,\n"
    (tmp_path / "a.csv").write_text(with_both)
    (tmp_path / "b.csv").write_text(with_both)
    (tmp_path / "c.csv").write_text("a,b,y\n" + ROWS.partition("\n")[2] * times)

    text = Inferred(tmp_path).text

    assert "skip_last_lines: 1" in text and "skip_below_header: 1" in text
    assert "at the end; such rows are rejected: c.csv." in text
