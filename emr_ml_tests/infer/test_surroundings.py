"""Titles, comments and totals around the rows: what is guessed is what the reader skips."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_ml.infer.surroundings import guess_layout, records_below
from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import choices, csv_text, floats, infer_content
from emr_ml_tests.sources.headers import header_of
from spark_jobs.reading.csv_dialect import CsvSyntax
from spark_jobs.reading.file_records import read_records

ROWS = csv_text(["a", "b", "y"], floats(40), floats(40), choices("yes", "no", rows=40))
TRAILING = ROWS.replace("\n", ",\n").replace("a,b,y,", "a,b,y")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("sep=;\n" + ROWS.replace(",", ";"), {"skip_lines": 1}, id="Excel"),
        pytest.param("# of May\n# by me\n" + ROWS, {"comment": "#"}, id="comments above"),
        pytest.param("Sales of May\n\n" + ROWS, {"skip_lines": 2}, id="title"),
        pytest.param("Sales of May\n# by me\n" + ROWS, {"skip_lines": 2}, id="title and comment"),
        pytest.param(
            "# by me\nSales of May\n# of May\n" + ROWS, {"skip_lines": 3}, id="title among comments"
        ),
        pytest.param("Sales;;\nMay;;\n" + ROWS, {"skip_lines": 2}, id="title of another width"),
        pytest.param(ROWS + "Total,,\n", {"skip_last_lines": 1}, id="total"),
        pytest.param(f"{ROWS}Grand total:,{sum(floats(40))},\n", {"skip_last_lines": 1}, id="sum"),
        *(
            pytest.param(f"{ROWS}{word},{sum(floats(40))},\n", {"skip_last_lines": 1}, id=word)
            for word in (
                "Gesamtergebnis",
                "Total geral",
                "Totale complessivo",
                "Razem",
                "Eindtotaal",
            )
        ),
        pytest.param(
            f"{ROWS}Somme,{sum(floats(40))},\nMoyenne,{sum(floats(40)) / 40:.3f},\n",
            {"skip_last_lines": 2},
            id="sum and mean",
        ),
        pytest.param(f"{ROWS}----+---\n(40 rows)\n", {"skip_last_lines": 2}, id="ruler"),
        pytest.param(ROWS + "\n(40 rows)\n", {"skip_last_lines": 1}, id="count"),
        pytest.param(
            f"{ROWS}\nTotal,,\nNotes: a\nNotes: b\nSource: c\nPrinted 5 March 2024 by Bob\n",
            {"skip_last_lines": 5},
            id="several remarks",
        ),
        pytest.param(f"{ROWS}Total,,\n" + ",,\n" * 21, {"skip_last_lines": 1}, id="blank rows"),
        pytest.param(TRAILING, {"trailing_delimiter": True}, id="delimiter at the end"),
        pytest.param(
            ROWS[:100] + ROWS[100:].replace("\n", ",\n"),
            {"trailing_delimiter": True},
            id="delimiter at the end of some rows",
        ),
        pytest.param(f"#{ROWS}", {}, id="header with a mark"),
        pytest.param(ROWS, {}, id="plain"),
    ],
)
def test_what_is_not_data_is_skipped(
    tmp_path: Path, text: str, expected: dict[str, object]
) -> None:
    dialect = infer_content(tmp_path, text).contract.dialect

    keys = ("skip_lines", "comment", "skip_last_lines", "trailing_delimiter")
    found = {key: getattr(dialect, key) for key in keys}
    assert {key: value for key, value in found.items() if value} == expected
    head = text.encode()
    names = header_of(head, dialect)
    assert [name.strip("#") for name in names] == ["a", "b", "y"]
    job_dialect = dialect.model_dump(mode="json")
    records = read_records(io.BytesIO(head), "data.csv", job_dialect)  # pyright: ignore[reportArgumentType] - its fields
    syntax = CsvSyntax.of(job_dialect)  # pyright: ignore[reportArgumentType] - its fields
    rows = [syntax.without_trailing(each.fields, 3) for each in records]
    assert len(rows) == 40
    assert all(len(row) == 3 for row in rows)


def test_the_reason_is_beside_what_is_skipped(tmp_path: Path) -> None:
    inferred = infer_content(tmp_path, "Sales of May\n\n" + ROWS + "Total,,\n")

    assert inferred.line("skip_lines: 2").endswith("# the header follows 2 other lines")
    assert "the last record is no data: 'Total'" in inferred.line("skip_last_lines: 1")


def test_a_last_row_that_is_cut_off_is_not_skipped(tmp_path: Path) -> None:
    inferred = infer_content(tmp_path, ROWS + "3.25,1.5\n")

    assert inferred.contract.dialect.skip_last_lines == 0
    assert "1 record has too few or too many fields" in inferred.text


@pytest.mark.parametrize(
    ("last", "count"),
    [
        (["Total", "9"], 1),
        (["Total", "8"], 0),
        (["Total Wine", "77"], 0),
        (["Somme", "65"], 0),
        (["total loss of the car", "9"], 0),
        (["Total", ""], 1),
        (["Data from the bank: 2024", ""], 1),
    ],
)
def test_a_total_is_a_sum_or_alone_in_its_line(last: list[str], count: int) -> None:
    rows = [["name", "n"], *([["scratch", "1"]] * 9), last]
    assert records_below(rows, first_row=1) == count


COLOURED = "".join(
    f"{('#5e962f', 'red', '#abc')[n % 3]},{n},{'yes' if n % 5 else 'no'}\n" for n in range(40)
)


@pytest.mark.parametrize("above", ["# exported\ncolour,n,y\n", "#colour,n,y\n"])
def test_rows_that_begin_with_a_mark_are_rows(tmp_path: Path, above: str) -> None:
    rows = above + COLOURED
    dialect = infer_content(tmp_path, rows, "y").contract.dialect

    assert dialect.comment == ""
    records = read_records(io.BytesIO(rows.encode()), "a.csv", dialect.model_dump(mode="json"))  # pyright: ignore[reportArgumentType] - its fields
    assert len(list(records)) == 40


def test_titles_of_a_spreadsheet_are_filled_with_empty_fields(tmp_path: Path) -> None:
    inferred = infer_content(tmp_path, "Sales 2024,,\n,,\n" + ROWS)
    assert inferred.contract.dialect.skip_lines == 2


@pytest.mark.parametrize("content", ["\ufeff", "\n \n", "\ufeff\n"])
def test_a_file_without_text_is_empty(tmp_path: Path, content: str) -> None:
    with pytest.raises(SourceError, match="is empty: name a file with data"):
        infer_content(tmp_path, content)


@given(st.text(alphabet="ab,;|#%=\"'\n 1.", max_size=60).filter(bool))
def test_any_text_has_a_layout(text: str) -> None:
    layout = guess_layout(text, is_whole_file=True)

    assert layout.dialect.skip_lines <= text.count("\n") + 1
    assert layout.reasons.keys() <= {"skip_lines", "comment", "trailing_delimiter"}


@pytest.mark.parametrize("last", ["Moyenne,99,", "Total,99,", "Media Markt,3,yes"])
def test_a_last_record_with_another_figure_than_the_sum_or_the_mean_is_a_row(last: str) -> None:
    records = [line.split(",") for line in (ROWS + last).splitlines()]
    assert records_below(records, first_row=1) == 0


def test_a_sum_below_a_column_of_names_is_no_row() -> None:
    rows = [["shop", "sold"], *([f"s{number}", str(number)] for number in range(20))]
    assert records_below([*rows, ["", "190"]], first_row=1) == 1
    assert records_below([*rows, ["", "191"]], first_row=1) == 0


def test_the_last_rows_of_one_column_are_no_remarks() -> None:
    rows = [["review"], *([f"film {n} was good"] for n in range(30)), ["Notes on a scandal"]]

    assert records_below(rows, first_row=1) == 0
