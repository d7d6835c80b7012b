"""Whether the files of a snapshot have what the contract names."""

import pytest

from emr_ml.checks.snapshot import HEADER_FITS, judge_snapshot
from emr_ml.contract import Contract
from emr_ml_tests.checks.reports import evidence

CONTRACT = Contract.model_validate(
    {"columns": {"a": "numeric", "b": "text"}, "label": {"column": "y", "positive": "1"}}
)


def header_verdict(*columns: str, size: int = 10) -> tuple[bool, str | None]:
    file = {"name": "f.csv", "size": size, "columns": list(columns)}
    (result,) = judge_snapshot(evidence(CONTRACT, files=[file]))
    assert result.check_name == HEADER_FITS
    return result.passed, result.description


def test_a_header_in_another_order_with_more_columns_passes() -> None:
    assert header_verdict("y", "z", "b", "a") == (True, None)


def test_a_header_with_a_named_column_twice_fails() -> None:
    assert header_verdict("a", "b", "y", "a") == (False, "f.csv has 'a' more than once")


def test_a_file_without_a_header_in_its_first_part_fails() -> None:
    assert header_verdict() == (False, "f.csv has no header within 64 KB")


def test_only_some_of_many_problems_are_listed() -> None:
    files = [{"name": f"{i}.csv", "size": 0, "columns": []} for i in range(8)]

    (result,) = judge_snapshot(evidence(CONTRACT, files=files))

    assert str(result.description).endswith("4.csv is empty, and 3 more")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (("A ", "b", "y"), "It probably has 'A ' for 'a'"),
        (("a;b;y",), "The delimiter is probably ';'"),
        (("1.5", "2", "ab"), "The first record looks like data: name the columns in `header`"),
    ],
)
def test_a_header_that_does_not_fit_is_told_what_was_probably_meant(
    columns: tuple[str, ...], said: str
) -> None:
    passed, description = header_verdict(*columns)

    assert not passed
    assert said in str(description)
