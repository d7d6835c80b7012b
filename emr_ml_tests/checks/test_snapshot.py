"""Whether the files of a snapshot have the columns of the contract, and enough bytes."""

import pytest

from emr_ml.checks.snapshot import bad_files, header_fits, shrunk
from emr_ml.contract import Contract
from emr_ml.lake.current import Current, promote
from emr_ml_tests.checks.reports import a_report, check_context
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import commit

CONTRACT = Contract.model_validate(
    {"columns": {"a": "numeric", "b": "text"}, "label": {"column": "y", "positive": "1"}}
)


def a_file(size: int, *columns: str, name: str = "f.csv") -> dict[str, object]:
    return {"name": name, "size": size, "columns": list(columns)}


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (("y", "z", "b", "a"), None),
        (("a", "b", "y", "a"), "f.csv has 'a' more than once"),
        ((), "f.csv has no header within 64 KB"),
        (("A", "b", "Y"), "They differ only in letter case: set `header_case: ignore`"),
        (("A ", "b", "y"), "It probably has 'A ' for 'a'"),
        (("a;b;y",), "The delimiter is probably ';'"),
        (("1.5", "2", "ab"), "The first record looks like data: name the columns in `header`"),
        (("b", "y"), "f.csv lacks 'a'; it has no other column that the contract does not name"),
    ],
)
def test_a_header_must_have_each_column_once_and_a_mistake_is_explained(
    columns: tuple[str, ...], problem: str | None
) -> None:
    found = header_fits.evaluate(check_context(CONTRACT, files=[a_file(10, *columns)])).problem

    assert found is None if problem is None else problem in str(found)


def test_only_some_of_many_problems_are_shown() -> None:
    files = [a_file(0, name=f"{number}.csv") for number in range(8)]

    found = header_fits.evaluate(check_context(CONTRACT, files=files))

    assert str(found.problem).endswith("4.csv is empty and 3 more")
    assert len(found.metadata["problems"]) == 8


def test_skipped_files_are_a_problem_that_says_why() -> None:
    skipped = {"b.csv": "b.csv lacks 'a'", "c.zip": "c.zip is not a zip archive"}

    found = bad_files.evaluate(check_context(CONTRACT, figures={"skipped": skipped}))

    assert str(found.problem).startswith("2 skipped: b.csv lacks 'a'; c.zip is not a zip archive; ")
    assert found.metadata == {"skipped": ["b.csv", "c.zip"]}


def test_without_skipped_files_there_is_no_problem() -> None:
    assert bad_files.evaluate(check_context(CONTRACT)).problem is None


@pytest.mark.parametrize(
    ("size", "problem"),
    [
        (2000, None),
        (500, None),
        (
            499,
            "the source has 499 bytes in 1 files, 50.1% less than the 1,000 in 1 of the previous",
        ),
    ],
)
def test_a_source_may_lose_a_share_of_its_bytes(
    folder_lake: Lake, size: int, problem: str | None
) -> None:
    commit(folder_lake, a_report(asset="raw_csv_s3", version="before", files=[a_file(1000)]))
    promote(folder_lake, "raw_csv_s3", Current("before", "", "run", 0.0))
    context = check_context(CONTRACT, folder_lake, asset="raw_csv_s3", files=[a_file(size)])

    found = shrunk.evaluate(context)

    assert found.problem is None if problem is None else str(found.problem).startswith(problem)
    assert found.metadata["bytes_before"] == 1000


def test_a_first_snapshot_has_not_shrunk(folder_lake: Lake) -> None:
    found = shrunk.evaluate(check_context(CONTRACT, folder_lake, files=[a_file(1)]))

    assert (found.problem, found.metadata) == (None, {"bytes": 1})
