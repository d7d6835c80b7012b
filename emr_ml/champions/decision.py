"""Whether a challenger becomes champion: its checks, and the comparison of both models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emr_ml.checks.check import Check, CheckContext, evaluate_all
from emr_ml.checks.dataset import DATASET_CHECKS
from emr_ml.checks.metrics import METRICS_CHECKS
from emr_ml.checks.model import MODEL_CHECKS
from emr_ml.contract import Contract
from emr_ml.contract.schema import Promotion
from spark_jobs.evaluation.figures import ComparisonFigures
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report

# the checks that a challenger's versions must pass, the same as at their materialization
CHECKS_BY_ASSET: Mapping[str, tuple[Check, ...]] = {
    "processed_dataset": DATASET_CHECKS,
    "lr_model": MODEL_CHECKS,
    "metrics": METRICS_CHECKS,
}
MIN_GROUPS = 10  # resampling fewer shows nothing


@dataclass(frozen=True)
class Interval:
    """A confidence interval."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.4g} to {self.high:.4g}"


@dataclass(frozen=True)
class PromotionDecision:
    """Whether the challenger becomes champion, why, and the figures behind it as metadata."""

    promoted: bool
    reason: str
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])


def failed_checks(lake: Lake, contract: Contract, reports: Sequence[Report]) -> list[str]:
    """Return each check that one of the versions fails, whether it blocks or warns."""
    return [
        f"{report.asset}: {result.check_name} ({result.description})"
        for report in reports
        for result in evaluate_all(
            CHECKS_BY_ASSET[report.asset], CheckContext(report, contract, lake)
        )
        if not result.passed
    ]


def compare(figures: ComparisonFigures, thresholds: Promotion) -> PromotionDecision:
    """Decide by the losses of both models on the same rows.

    The challenger wins if the confidence interval of its improvement is above 0, and the
    improvement is at least `min_improvement`.
    """
    improvement, models = figures["improvement"], figures["models"]
    metadata = _metadata(figures)
    if improvement is None or figures["resampled"] is None:
        return PromotionDecision(False, "the losses of the two are not finite numbers", metadata)
    if figures["groups"] < MIN_GROUPS:
        reason = f"{figures['test_rows']} rows of the test split are too few to compare"
        return PromotionDecision(False, reason, metadata)
    interval = confidence_interval(figures["resampled"], thresholds.confidence)
    metadata |= {
        "improvement": improvement,
        "interval_low": interval.low,
        "interval_high": interval.high,
    }
    worse = improvement < 0
    change = Interval(-interval.high, -interval.low) if worse else interval
    result = (
        f"mean loss {models['challenger']['loss']:.4g}, the champion's "
        f"{models['champion']['loss']:.4g}: {'higher' if worse else 'lower'} by "
        f"{abs(improvement):.4g} ({thresholds.confidence:.0%} interval {change})"
    )
    if worse and interval.high < 0:
        return PromotionDecision(False, f"{result}, which is significantly worse", metadata)
    if interval.low <= 0:
        return PromotionDecision(False, f"{result}, which is not significantly better", metadata)
    if improvement < thresholds.min_improvement:
        reason = f"{result}, less than `min_improvement`, {thresholds.min_improvement:g}"
        return PromotionDecision(False, reason, metadata)
    return PromotionDecision(True, result, metadata)


def confidence_interval(quantiles: Sequence[float], confidence: float) -> Interval:
    """Return the central part of a distribution, given as evenly spaced quantiles from 0 to 1."""
    tail = (1 - confidence) / 2
    return Interval(_quantile(quantiles, tail), _quantile(quantiles, 1 - tail))


def _metadata(figures: ComparisonFigures) -> dict[str, Any]:
    """Return the figures of both models that are not null, by role and name."""
    models = figures["models"]
    scores = {
        f"{role}_{name}": value
        for role, scores_of_role in (
            ("challenger", models["challenger"]),
            ("champion", models["champion"]),
        )
        for name, value in scores_of_role.items()
        if value is not None
    }
    return {"test_rows": figures["test_rows"], **scores}


def _quantile(quantiles: Sequence[float], share: float) -> float:
    position = share * (len(quantiles) - 1)
    below = min(int(position), len(quantiles) - 2)
    fraction = position - below
    return quantiles[below] * (1 - fraction) + quantiles[below + 1] * fraction
