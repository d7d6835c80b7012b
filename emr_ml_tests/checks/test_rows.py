"""Whether rows are accounted for, few rejected, ids their own."""

import pytest

from emr_ml.checks.rows import UNIQUE_ID, judge_rows
from emr_ml.contract import Contract
from emr_ml_tests.checks.reports import evidence

CONTRACT = Contract.model_validate(
    {"columns": {"a": "numeric", "b": "text"}, "label": {"column": "y", "positive": "1"}}
)


def verdicts(rows: dict[str, int]) -> dict[str, bool]:
    results = judge_rows(evidence(CONTRACT, rows=rows))
    return {str(result.check_name): result.passed for result in results}


def test_rows_that_are_all_accounted_for_pass() -> None:
    assert verdicts({"in": 100, "kept": 97, "rejected": 3}) == {
        "rows_conserved": True,
        "rejected_share": True,
        "unique_id": True,
    }


def test_a_lost_row_fails() -> None:
    assert not verdicts({"in": 100, "kept": 96, "rejected": 3})["rows_conserved"]


@pytest.mark.parametrize(("rejected", "passes"), [(5, True), (6, False)])
def test_the_rejected_share_may_reach_the_threshold(rejected: int, passes: bool) -> None:
    rows = {"in": 100, "kept": 100 - rejected, "rejected": rejected}

    assert verdicts(rows)["rejected_share"] is passes


def test_no_row_at_all_fails() -> None:
    assert not verdicts({"in": 0, "kept": 0, "rejected": 0})["rejected_share"]


def unique_id(*, asked_for: bool, again: int | None) -> tuple[bool, str | None]:
    contract = Contract.model_validate(
        {"columns": {"a": "numeric"}, "id": ["k"], "checks": {"unique_id": asked_for}}
    )
    facts = evidence(contract, figures={"duplicates": {"rows": 0, "ids": again}})
    result = next(r for r in judge_rows(facts) if r.check_name == UNIQUE_ID)
    return result.passed, result.description


def test_an_id_that_stands_twice_fails_where_the_contract_asks_for_unique_ones() -> None:
    passed, said = unique_id(asked_for=True, again=2)

    assert not passed
    assert str(said).startswith("2 rows have an id ('k') that an earlier row has")


@pytest.mark.parametrize(("asked_for", "again"), [(True, 0), (False, 2), (False, None)])
def test_an_id_may_stand_twice_where_the_contract_does_not_mind(
    asked_for: bool, again: int | None
) -> None:
    assert unique_id(asked_for=asked_for, again=again) == (True, None)


def test_too_many_rejected_rows_are_told_with_the_rules_that_most_of_them_broke() -> None:
    rows = {"in": 100, "kept": 50, "rejected": 50}
    facts = evidence(CONTRACT, rows=rows, figures={"rules": {"a min": 3, "a number": 47}})

    result = next(r for r in judge_rows(facts) if r.check_name == "rejected_share")

    assert "(most often: a number 47, a min 3)" in str(result.description)
