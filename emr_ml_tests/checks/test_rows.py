"""Whether rows are accounted for, and few are rejected."""

import pytest

from emr_ml.checks.rows import rejected_share, rows_conserved
from emr_ml.contract import Contract
from emr_ml_tests.checks.reports import check_context

CONTRACT = Contract.model_validate({"columns": {"a": "numeric"}})


@pytest.mark.parametrize(
    ("kept", "problem"),
    [(97, None), (96, "1 rows are neither kept nor rejected")],
)
def test_a_lost_row_fails(kept: int, problem: str | None) -> None:
    context = check_context(CONTRACT, rows={"in": 100, "kept": kept, "rejected": 3})

    assert rows_conserved.evaluate(context).problem == problem


@pytest.mark.parametrize(
    ("total", "rejected", "problem"),
    [
        (100, 5, None),
        (100, 6, "6.0% of 100 rows break the contract, at most 5.0% may (most often: "),
        (0, 0, "there is no row below the header"),
    ],
)
def test_the_rejected_share_may_reach_the_threshold(
    total: int, rejected: int, problem: str | None
) -> None:
    rows = {"in": total, "kept": total - rejected, "rejected": rejected}
    rules = {"a min": 3, "a number": 47}

    found = rejected_share.evaluate(check_context(CONTRACT, rows=rows, figures={"rules": rules}))

    assert found.problem is None if problem is None else str(found.problem).startswith(problem)


def test_the_most_frequently_broken_rules_are_shown() -> None:
    rules = {"a min": 3, "a number": 40, "b set": 5, "c set": 2}
    rows = {"in": 100, "kept": 50, "rejected": 50}

    found = rejected_share.evaluate(check_context(CONTRACT, rows=rows, figures={"rules": rules}))

    assert "(most often: a number 40, b set 5, a min 3): see" in str(found.problem)
