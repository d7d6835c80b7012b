"""CSV files in every dialect, as the exported scorer and as the pipeline read them."""

import io
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from emr_ml.contract.dialect import Dialect
from emr_ml.export.columns import csv_spec
from spark_jobs.reading.csv_dialect import BLANKS, CsvSyntax
from spark_jobs.reading.csv_parser import MalformedRecordError, parse
from spark_jobs.scorer.csv_files import csv_records

DIALECTS: tuple[dict[str, Any], ...] = (
    {},
    {"escape": "\\"},
    {"delimiter": "||"},
    {"delimiter": "||", "escape": "\\"},
    {"delimiter": ";", "comment": "#", "trim": False},
    {"delimiter": "\t", "quote": ""},
    {"trailing_delimiter": True},
    {"skip_lines": 1},
)
PIECES = ("a", "b", '"', '""', "\n", "\r\n", "\r", " ", "#", r"\N", "\\", "\ufeff", "|")


@pytest.mark.parametrize("given_dialect", DIALECTS, ids=str)
@given(data=st.data())
def test_records_are_those_of_the_pipeline(
    given_dialect: dict[str, Any], data: st.DataObject
) -> None:
    dialect: Any = Dialect.model_validate(given_dialect).model_dump(mode="json")
    delimiter, syntax = dialect["delimiter"], CsvSyntax.of(dialect)
    pieces = data.draw(st.lists(st.sampled_from([delimiter, *PIECES]), max_size=12))
    mark = data.draw(st.sampled_from(["", "\ufeff"]))
    text = f"{mark}skipped\n{delimiter.join('xyz')}\n{''.join(pieces)}\n"
    try:
        parsed = [*parse(io.StringIO(text, newline=""), dialect)]
    except MalformedRecordError:
        parsed = []
    assume(parsed and not any(record.has_stray_quote for record in parsed))

    header, rows = csv_records(io.StringIO(text, newline=""), csv_spec(dialect))

    first, *others = [record.fields for record in parsed]
    expected = [first, *(syntax.without_trailing(fields, len(first)) for fields in others)]
    # the scorer also drops blanks around a value within quotes, as its documentation says
    assert stripped([header, *rows]) == stripped(expected)


def stripped(records: list[list[str]]) -> list[list[str]]:
    return [[field.strip(BLANKS) for field in record] for record in records]
