"""Records below the header that are no rows, and names in several records."""

import csv
from pathlib import Path

import pytest

from emr_ml.infer.header_rows import find_header_rows
from emr_ml_tests.infer.samples import choices, csv_text, floats, infer_content
from spark_jobs.reading.file_records import read_records

HEADER = ["time", "temp", "ok"]
ROWS = csv_text(
    [], [f"2024-05-{day:02}" for day in range(1, 31)], floats(30), choices(*"yn", rows=30)
)


@pytest.mark.parametrize(
    ("below", "count"),
    [
        pytest.param("ISO,°C,\n", 1, id="units"),
        pytest.param("[s],[°C],[-]\n", 1, id="units in brackets"),
        pytest.param("----,----,----\n", 1, id="ruler"),
        pytest.param("------------\n", 1, id="ruler of another width"),
        pytest.param("When?,How warm?,Well?\n{},{},{}\n", 2, id="questions and codes"),
        pytest.param(",unknown,y\n", 0, id="one value that is no number"),
        pytest.param(",,\n", 0, id="no values"),
        pytest.param("NA,NA,y\n", 0, id="missing values"),
        pytest.param(",bad,y\n", 0, id="a short word that is no unit"),
        pytest.param("refused,refused,z\n", 0, id="one word for missing values"),
        pytest.param("late,broken,y\n", 0, id="texts beside a value of the rows"),
        pytest.param("2024-05-31,,\n", 0, id="only the first value"),
        pytest.param(",mg,\n", 1, id="one known unit"),
        pytest.param("", 0, id="only rows"),
        pytest.param("kg,kg,-\n", 1, id="one unit for all"),
    ],
)
def test_records_without_data_are_skipped(tmp_path: Path, below: str, count: int) -> None:
    text = f"{','.join(HEADER)}\n{below}{ROWS}"

    inferred = infer_content(tmp_path, text, "ok")

    dialect = inferred.contract.dialect
    assert dialect.skip_below_header == count
    with (tmp_path / "data.csv").open("rb") as file:
        records = list(read_records(file, "data.csv", dialect.model_dump(mode="json")))  # pyright: ignore[reportArgumentType] - a dialect
    rows = [record for record in records if not record.is_skipped]
    assert len(rows) == 30 + (1 if below.strip(",\n") and not count else 0)
    assert not count or inferred.kinds["temp"] == "numeric"


@pytest.mark.parametrize(
    ("header", "first"),
    [
        pytest.param("patient,hb,visit,y", "P1,,,\nP2,,,\nP3,,,\n", id="typed columns are empty"),
        pytest.param("y", "z\n", id="one column"),
        pytest.param("patient,hb", "P0,N\n", id="a letter beside a name"),
        pytest.param("review,y", '"a film, liked",\n', id="text columns"),
    ],
)
def test_the_first_rows_are_kept_without_proof(header: str, first: str) -> None:
    columns = {
        "y": choices(*"ab", rows=30),
        "hb": floats(30),
        "visit": [f"2024-05-{day:02}" for day in range(1, 31)],
        "patient": [f"P{n}" for n in range(4, 34)],
        "review": [f"film {n} was good" for n in range(30)],
    }
    rows = csv_text([], *(columns[name] for name in header.split(",")))
    records = list(csv.reader(f"{header}\n{first}{rows}".splitlines()))

    assert find_header_rows(records).below == 0


def test_a_row_of_units_does_not_hide_the_total(tmp_path: Path) -> None:
    rows = csv_text([], [f"s{n}" for n in range(30)], range(30), floats(30))
    text = f"shop,sold,weight\n,pcs,kg\n-,-,kg\n{rows}Total,{sum(range(30))},\n"

    dialect = infer_content(tmp_path, text, "sold").contract.dialect

    assert (dialect.skip_below_header, dialect.skip_last_lines) == (2, 1)


def test_kinds_of_answers_are_skipped_below_questions_of_text() -> None:
    rows = csv_text([], list(range(30)), choices("Fair", "Good", rows=30), choices(*"yn", rows=30))
    text = f"id,How was it?,Again?\n,Response,Open-Ended Response\n{rows}"

    assert find_header_rows(list(csv.reader(text.splitlines()))).below == 1


@pytest.mark.parametrize(
    ("header", "names"),
    [
        pytest.param(
            "Shop,2023,,y\n,Q1,Q2,\n", ("Shop", "2023 Q1", "2023 Q2", "y"), id="merged cells"
        ),
        pytest.param(
            ",price,price,y\n,mean,std,\nshop,,,\n",
            ("shop", "price mean", "price std", "y"),
            id="pandas",
        ),
    ],
)
def test_names_in_several_records_are_listed(
    tmp_path: Path, header: str, names: tuple[str, ...]
) -> None:
    rows = csv_text(
        [], [f"s{n}" for n in range(30)], floats(30), floats(30), choices(*"ab", rows=30)
    )

    inferred = infer_content(tmp_path, header + rows, "y")

    dialect = inferred.contract.dialect
    assert dialect.header == names
    assert dialect.skip_lines == header.count("\n")
    assert inferred.profile.sample.rows == 30
    assert "placeholders" not in inferred.text


@pytest.mark.parametrize("first", [range(1, 31), [f"car {n}" for n in range(30)]])
def test_rows_may_begin_with_names_that_the_header_lacks(
    tmp_path: Path, first: "range | list[str]"
) -> None:
    rows = csv_text([], list(first), floats(30), choices(*"ab", rows=30))

    dialect = infer_content(tmp_path, "mpg,cls\n" + rows, "cls").contract.dialect

    assert (dialect.header, dialect.skip_lines) == (("row", "mpg", "cls"), 1)


@pytest.mark.parametrize(
    ("header", "lines"),
    [
        pytest.param("mpg,hp,cls\n", 3, id="R's names"),
        pytest.param("Car,2023,,y\n,Q1,Q2,\n", 4, id="names in two records"),
    ],
)
def test_comments_above_such_names_are_skipped_too(tmp_path: Path, header: str, lines: int) -> None:
    cars = [f"car {n}" for n in range(30)]
    rows = csv_text([], cars, floats(30), floats(30), choices(*"ab", rows=30))

    inferred = infer_content(tmp_path, f"# cars\n# of May\n{header}{rows}")

    assert inferred.contract.dialect.skip_lines == lines
    assert inferred.profile.sample.rows == 30
