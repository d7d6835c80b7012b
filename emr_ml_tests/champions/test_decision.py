"""Whether a challenger is promoted, by its checks and by the comparison."""

from typing import Any, cast

import numpy as np
import pytest

from emr_ml.champions.decision import compare, confidence_interval, failed_checks
from emr_ml.contract import Contract
from emr_ml.contract.schema import Promotion
from emr_ml_tests.checks.reports import a_report
from spark_jobs.evaluation.figures import ComparisonFigures
from spark_jobs.runtime.lake import Lake

CONTRACT = Contract.model_validate(
    {"columns": {"a": "numeric"}, "label": {"column": "y", "positive": "1"}}
)
DEFAULT = Promotion.model_validate({})


def figures(
    improvement: float | None, low: float = 0.0, high: float = 1.0, **more: Any
) -> ComparisonFigures:
    """Return a comparison with resampled improvements evenly spread from `low` to `high`."""
    comparison = {
        "problem": "binary",
        "improvement": improvement,
        "resampled": np.linspace(low, high, 201).tolist(),
        "groups": 100,
        "test_rows": 120,
        "models": {
            "challenger": {"loss": 0.3, "accuracy": 0.9, "auc_roc": None},
            "champion": {"loss": 0.5, "accuracy": 0.8, "auc_roc": 0.7},
        },
        **more,
    }
    return cast("ComparisonFigures", comparison)


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95, 0.99])
def test_the_interval_is_the_middle_of_the_distribution(confidence: float) -> None:
    values = np.random.default_rng(1).normal(size=5000)
    quantiles = np.quantile(values, np.linspace(0, 1, 201)).tolist()

    found = confidence_interval(quantiles, confidence)

    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.01)


def test_a_significantly_lower_loss_promotes() -> None:
    decision = compare(figures(0.2, 0.1, 0.3), DEFAULT)

    assert decision.promoted
    assert decision.reason == (
        "mean loss 0.3, the champion's 0.5: lower by 0.2 (95% interval 0.105 to 0.295)"
    )


def test_the_figures_of_both_that_are_not_null_are_metadata() -> None:
    assert compare(figures(0.2, 0.1, 0.3), DEFAULT).metadata == {
        "test_rows": 120,
        "challenger_loss": 0.3,
        "challenger_accuracy": 0.9,
        "champion_loss": 0.5,
        "champion_accuracy": 0.8,
        "champion_auc_roc": 0.7,
        "improvement": 0.2,
        "interval_low": pytest.approx(0.105),
        "interval_high": pytest.approx(0.295),
    }


@pytest.mark.parametrize(
    ("comparison", "thresholds", "reason"),
    [
        (figures(0.2, -0.1, 0.5), {}, "which is not significantly better"),
        (figures(0.0, 0.0, 0.0), {}, "which is not significantly better"),
        (
            figures(-0.3, -0.5, -0.1),
            {},
            "higher by 0.3 (95% interval 0.11 to 0.49), which is significantly worse",
        ),
        (
            figures(-0.1, -0.5, 0.3),
            {},
            "higher by 0.1 (95% interval -0.28 to 0.48), which is not significantly better",
        ),
        (figures(0.2, -0.02, 0.5), {"confidence": 0.95}, "which is not significantly better"),
        (figures(0.2, -0.02, 0.5), {"confidence": 0.8}, None),
        (figures(0.1, 0.01, 0.2), {"min_improvement": 0.1}, None),
        (figures(0.099, 0.01, 0.2), {"min_improvement": 0.1}, "less than `min_improvement`, 0.1"),
        (figures(None, resampled=None), {}, "the losses of the two are not finite numbers"),
        (
            figures(0.2, 0.1, 0.3, groups=9, test_rows=9),
            {},
            "9 rows of the test split are too few to compare",
        ),
    ],
    ids=[
        *("uncertain", "equal", "worse", "perhaps worse", "uncertain at 95%", "certain at 80%"),
        *("at the margin", "below the margin", "infinite", "few rows"),
    ],
)
def test_only_a_significant_improvement_promotes(
    comparison: ComparisonFigures, thresholds: dict[str, float], reason: str | None
) -> None:
    decision = compare(comparison, Promotion.model_validate(thresholds))

    assert decision.promoted is (reason is None)
    assert reason is None or decision.reason.endswith(reason)


def test_a_failed_check_is_named_with_its_problem(folder_lake: Lake) -> None:
    rows = {"in": 100, "kept": 50, "rejected": 50}

    (failed,) = failed_checks(folder_lake, CONTRACT, [a_report(rows=rows)])

    assert failed.startswith("processed_dataset: rejected_share (50.0% of 100 rows break")
