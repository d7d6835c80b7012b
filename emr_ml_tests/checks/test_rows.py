"""Whether rows are accounted for, few rejected."""

import pytest

from emr_ml.checks.rows import judge_rows
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
    }


def test_a_lost_row_fails() -> None:
    assert not verdicts({"in": 100, "kept": 96, "rejected": 3})["rows_conserved"]


@pytest.mark.parametrize(("rejected", "passes"), [(5, True), (6, False)])
def test_the_rejected_share_may_reach_the_threshold(rejected: int, passes: bool) -> None:
    rows = {"in": 100, "kept": 100 - rejected, "rejected": rejected}

    assert verdicts(rows)["rejected_share"] is passes


def test_no_row_at_all_fails() -> None:
    assert not verdicts({"in": 0, "kept": 0, "rejected": 0})["rejected_share"]


def test_too_many_rejected_rows_are_told_with_the_rules_that_most_of_them_broke() -> None:
    rows = {"in": 100, "kept": 50, "rejected": 50}
    facts = evidence(CONTRACT, rows=rows, figures={"rules": {"a min": 3, "a number": 47}})

    result = next(r for r in judge_rows(facts) if r.check_name == "rejected_share")

    assert "(most often: a number 47, a min 3)" in str(result.description)
