"""Whether a model is good enough."""

from typing import Any

import dagster as dg
import pytest

from emr_ml.checks.metrics import BETTER_THAN_MAJORITY, CALIBRATION, FLOORS, judge_metrics
from emr_ml.contract import Contract
from emr_ml_tests.checks.reports import evidence


def verdict(
    check: str, floors: dict[str, float] | None = None, **figures: Any
) -> dg.AssetCheckResult:
    contract = Contract.model_validate(
        {"columns": {"a": "numeric"}, "checks": {"floors": floors or {}}}
    )
    facts = evidence(contract, asset="metrics", figures=figures)
    result = next(result for result in judge_metrics(facts) if result.check_name == check)
    assert result.severity == dg.AssetCheckSeverity.WARN
    return result


@pytest.mark.parametrize(
    ("floors", "passes"),
    [
        ({}, True),
        ({"accuracy": 0.9}, True),
        ({"accuracy": 0.91}, False),
        ({"log_loss": 0.3}, True),
        ({"log_loss": 0.29}, False),
        ({"auc_roc": 0.5}, False),
    ],
)
def test_a_floor_is_a_ceiling_where_the_least_is_best(
    floors: dict[str, float], passes: bool
) -> None:
    assert verdict(FLOORS, floors, accuracy=0.9, log_loss=0.3, auc_roc=None).passed is passes


def test_figures_below_their_floor_are_told() -> None:
    result = verdict(FLOORS, {"accuracy": 0.95, "rmse": 2}, accuracy=0.9, rmse=3.0)

    assert str(result.description).startswith("accuracy is 0.9, below 0.95; rmse is 3, above 2:")


@pytest.mark.parametrize(
    ("figures", "passes"),
    [
        # two standard errors of 100 rows of which 60 have one class are 0.098
        ({"accuracy": 0.70, "majority_share": 0.6, "test_rows": 100}, True),
        ({"accuracy": 0.69, "majority_share": 0.6, "test_rows": 100}, False),
        ({"accuracy": 0.62, "majority_share": 0.6, "test_rows": 10_000}, True),
        # of one in a hundred, all is named the commonest class, yet the ranking knows more
        ({"accuracy": 0.99, "majority_share": 0.99, "auc_roc": 0.9, "test_rows": 10_000}, True),
        ({"accuracy": 0.99, "majority_share": 0.99, "auc_roc": 0.55, "test_rows": 10_000}, False),
        ({"problem": "regression", "r2": 0.01}, True),
        ({"problem": "regression", "r2": 0.0}, False),
        ({"problem": "regression", "r2": None}, False),
    ],
)
def test_a_model_must_know_more_than_which_class_is_commonest(
    figures: dict[str, Any], passes: bool
) -> None:
    assert verdict(BETTER_THAN_MAJORITY, **figures).passed is passes


@pytest.mark.parametrize(
    ("error", "rows", "passes"), [(0.19, 100, True), (0.19, 10_000, False), (None, 100, True)]
)
def test_few_rows_may_be_off_by_chance(error: float | None, rows: int, passes: bool) -> None:
    assert verdict(CALIBRATION, calibration_error=error, test_rows=rows).passed is passes
