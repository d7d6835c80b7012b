"""Logs and columns of fixed width: what is read, and how to convert what is not."""

import io
import shlex
import subprocess
from pathlib import Path

import pytest

from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import infer_content
from spark_jobs.reading.file_records import read_records

W3C = "#Version: 1.0\n#Fields: date time c-ip sc-status\n"
DAYS = range(1, 21)
CITIES = ["Rome", "New York", "Porto", "Rio"]


def log(delimiter: str) -> list[str]:
    fields = ("2024-01-{0:02}", "{0:02}:00:01", "10.0.0.{1}", "{2}")
    row = f"{delimiter.join(fields)}\n"
    return [row.format(day, day % 3, 200 + day % 2 * 204) for day in DAYS]


def access_log() -> str:
    return "".join(
        f'10.0.0.{day} - bob [{day:02}/Jan/2024:10:00:00 +0000] "GET /a?b=1,2 HTTP/1.1" 200 {day}\n'
        for day in DAYS
    )


def fixed_width() -> str:
    rows = [f"{CITIES[day % 4]:<12}{day % 3:>3} {'yes' if day % 2 else 'no':<4}" for day in DAYS]
    return "\n".join(["city          n sold", *rows, ""])


def converted(folder: Path, content: str) -> str:
    """The content as the command in the error converts it."""
    with pytest.raises(SourceError) as caught:
        infer_content(folder, content)
    command = str(caught.value).partition("`")[2].partition(" FILE > ")[0]
    done = subprocess.run(
        shlex.split(command), input=content, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.mark.parametrize("delimiter", [" ", "\t"])
def test_the_columns_of_a_log_have_the_names_in_its_comment(tmp_path: Path, delimiter: str) -> None:
    rows = log(delimiter)
    # a server that starts again writes the comments once more
    content = "".join([W3C, *rows, W3C, *rows])

    dialect = infer_content(tmp_path, content).contract.dialect

    assert dialect.header == ("date", "time", "c-ip", "sc-status")
    assert (dialect.delimiter, dialect.comment) == (delimiter, "#")
    records = read_records(io.BytesIO(content.encode()), "a.log", dialect.model_dump(mode="json"))  # pyright: ignore[reportArgumentType] - its fields
    assert len(list(records)) == 2 * len(DAYS)


@pytest.mark.parametrize("comment", ["#Fields: a b\n", f"{W3C}#Fields: a b c d\n"])
def test_names_that_are_too_few_or_differ_are_not_taken(tmp_path: Path, comment: str) -> None:
    dialect = infer_content(tmp_path, "".join([comment, *log(" ")])).contract.dialect
    assert dialect.header == ("column_1", "column_2", "column_3", "column_4")


def test_an_access_log_can_be_read_once_its_times_are_quoted(tmp_path: Path) -> None:
    contract = infer_content(tmp_path, converted(tmp_path, access_log())).contract

    assert contract.dialect.header != True and len(contract.dialect.header) == 7  # noqa: E712 - or names
    assert contract.columns["column_4"].format == "d/MMM/yyyy:H:mm:ss XX"


def test_columns_of_fixed_width_can_be_read_once_they_have_delimiters(tmp_path: Path) -> None:
    inferred = infer_content(tmp_path, converted(tmp_path, fixed_width()), "sold")

    assert inferred.kinds == {"city": "categorical", "n": "numeric"}
    assert set(inferred.profile.sample.column("city")) == set(CITIES)


def test_prose_with_wide_gaps_is_no_table_of_fixed_width(tmp_path: Path) -> None:
    text = "it was / a very good film / and I liked it / much more than the other"
    words = [word.strip("/") for word in text.split()]
    reviews = [" ".join([*words[day % 7 :], *words[: day % 11]]) for day in DAYS]

    assert infer_content(tmp_path, "\n".join(["review", *reviews])).kinds == {"review": "text"}
