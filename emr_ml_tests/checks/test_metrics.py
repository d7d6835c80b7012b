"""Whether a model is good enough."""

from typing import Any

import pytest

from emr_ml.checks.check import CheckContext
from emr_ml.checks.metrics import better_than_majority, calibration, floors
from emr_ml.contract import Contract
from emr_ml_tests.checks.reports import check_context


def context(thresholds: dict[str, float] | None = None, **figures: Any) -> CheckContext:
    checks = {"floors": thresholds or {}}
    contract = Contract.model_validate({"columns": {"a": "numeric"}, "checks": checks})
    return check_context(contract, asset="metrics", figures=figures)


@pytest.mark.parametrize(
    ("thresholds", "problem"),
    [
        ({}, None),
        ({"accuracy": 0.9}, None),
        ({"accuracy": 0.91}, "accuracy is 0.9, below 0.91: the model is"),
        ({"log_loss": 0.3}, None),
        ({"log_loss": 0.29}, "log_loss is 0.3, above 0.29: the model is"),
        ({"auc_roc": 0.5}, "auc_roc could not be computed, so it does not reach 0.5: the model is"),
        ({"accuracy": 0.95, "rmse": 2}, "accuracy is 0.9, below 0.95; rmse is 3, above 2: the"),
    ],
)
def test_a_floor_is_an_upper_limit_where_lower_is_better(
    thresholds: dict[str, float], problem: str | None
) -> None:
    figures = {"accuracy": 0.9, "log_loss": 0.3, "auc_roc": None, "rmse": 3.0}

    found = floors.evaluate(context(thresholds, **figures)).problem

    assert found is None if problem is None else str(found).startswith(problem)


@pytest.mark.parametrize(
    ("figures", "passes"),
    [
        # two standard errors of 100 rows, 60 of them of one class, are 0.098
        ({"accuracy": 0.70, "majority_share": 0.6, "test_rows": 100}, True),
        ({"accuracy": 0.69, "majority_share": 0.6, "test_rows": 100}, False),
        ({"accuracy": 0.62, "majority_share": 0.6, "test_rows": 10_000}, True),
        # always the class of 99 in 100 rows, but the ranking knows more
        ({"accuracy": 0.99, "majority_share": 0.99, "auc_roc": 0.9, "test_rows": 10_000}, True),
        ({"accuracy": 0.99, "majority_share": 0.99, "auc_roc": 0.55, "test_rows": 10_000}, False),
        ({"accuracy": 1.0, "majority_share": 1.0, "auc_roc": 0.9, "test_rows": 10}, False),
        ({"accuracy": 0.7, "test_rows": 10}, True),
        ({"problem": "regression", "r2": 0.01}, True),
        ({"problem": "regression", "r2": 0.0}, False),
        ({"problem": "regression", "r2": None}, False),
    ],
)
def test_a_model_must_beat_the_most_frequent_class_or_the_mean(
    figures: dict[str, Any], passes: bool
) -> None:
    assert (better_than_majority.evaluate(context(**figures)).problem is None) is passes


@pytest.mark.parametrize(
    ("error", "rows", "passes"), [(0.19, 100, True), (0.19, 10_000, False), (None, 100, True)]
)
def test_probabilities_of_few_rows_may_be_off_by_chance(
    error: float | None, rows: int, passes: bool
) -> None:
    found = calibration.evaluate(context(calibration_error=error, test_rows=rows))

    assert (found.problem is None) is passes
