"""Repeated ids, empty columns and repeated rows."""

import pytest

from emr_ml.checks.dataset import duplicates, null_share, unique_id
from emr_ml.contract import Contract
from emr_ml_tests.checks.reports import check_context

CONTRACT = Contract.model_validate({"columns": {"a": "numeric", "fax": "text"}})


def kept(rows: int) -> dict[str, int]:
    return {"in": rows, "kept": rows, "rejected": 0}


@pytest.mark.parametrize(
    ("rows", "missing", "problem"),
    [
        (100, 95, None),
        (100, 96, "columns are nearly empty; missing: 'fax' 96.0%, at most 95.0% may be"),
        (0, 0, None),
    ],
)
def test_a_column_that_is_nearly_empty_is_named(
    rows: int, missing: int, problem: str | None
) -> None:
    columns = {"a": {"missing": 0}, "fax": {"missing": missing}}
    context = check_context(CONTRACT, rows=kept(rows), figures={"columns": columns})

    found = null_share.evaluate(context).problem

    assert found is None if problem is None else str(found).startswith(problem)


@pytest.mark.parametrize(
    ("rows", "repeated", "problem"),
    [
        (100, 50, None),
        (100, 51, "51 of 100 rows (51.0%) equal an earlier row, at most 50.0% may"),
        (0, 0, None),
    ],
)
def test_rows_that_equal_an_earlier_one_are_counted(
    rows: int, repeated: int, problem: str | None
) -> None:
    figures = {"duplicates": {"rows": repeated, "ids": None}}

    found = duplicates.evaluate(check_context(CONTRACT, rows=kept(rows), figures=figures)).problem

    assert found is None if problem is None else str(found).startswith(problem)


@pytest.mark.parametrize(
    ("required", "repeated", "passes"),
    [(True, 2, False), (True, 0, True), (False, 2, True), (False, None, True)],
)
def test_a_repeated_id_fails_if_the_contract_requires_unique_ids(
    required: bool, repeated: int | None, passes: bool
) -> None:
    contract = Contract.model_validate(
        {"columns": {"a": "numeric"}, "id": ["k"], "checks": {"unique_id": required}}
    )
    figures = {"duplicates": {"rows": 0, "ids": repeated}}

    found = unique_id.evaluate(check_context(contract, figures=figures))

    assert (found.problem is None) is passes
    assert passes or str(found.problem).startswith("2 rows have the id ('k') of an earlier row")
    assert found.metadata == {"asked_for": required, "rows": 0, "ids": repeated}


def test_reports_of_earlier_releases_without_these_figures_pass() -> None:
    context = check_context(CONTRACT)

    assert [each.evaluate(context).problem for each in (unique_id, null_share, duplicates)] == [
        None,
        None,
        None,
    ]
