"""Whether a challenger takes the champion's place: its checks, and the figures of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emr_ml.checks.dataset import judge_dataset
from emr_ml.checks.evidence import Evidence, Judge
from emr_ml.checks.metrics import judge_metrics
from emr_ml.checks.model import judge_model
from emr_ml.contract import Contract
from emr_ml.contract.schema import Promotion
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report

# what a challenger's versions are judged by: of each asset the same as when it was materialized
JUDGES: Mapping[str, Judge] = {
    "processed_dataset": judge_dataset,
    "lr_model": judge_model,
    "metrics": judge_metrics,
}
FEWEST_GROUPS = 10  # of fewer, resampling tells nothing


@dataclass(frozen=True)
class Interval:
    """Where the difference lies with the confidence that is asked for."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.4g} to {self.high:.4g}"


@dataclass(frozen=True)
class Ruling:
    """Whether the challenger is to be champion, why, and the figures that say so."""

    promoted: bool
    reason: str
    facts: Mapping[str, Any]


def failed_checks(lake: Lake, contract: Contract, reports: Sequence[Report]) -> list[str]:
    """Each check that one of the versions does not pass, but for those that only inform."""
    return [
        f"{report.asset}: {result.check_name} ({result.description})"
        for report in reports
        for result in JUDGES[report.asset](Evidence(report, contract, lake))
        if not result.passed
    ]


def rule(figures: Mapping[str, Any], terms: Promotion) -> Ruling:
    """The ruling on a comparison, by the thresholds of the contract."""
    gain: float | None = figures["improvement"]
    models: Mapping[str, Mapping[str, Any]] = figures["models"]
    facts = {
        "test_rows": figures["test_rows"],
        **{
            f"{role}_{name}": value for role, each in models.items() for name, value in each.items()
        },
    }
    known = {name: value for name, value in facts.items() if value is not None}
    if gain is None:
        return Ruling(False, "the losses of the two are not finite numbers", known)
    if figures["groups"] < FEWEST_GROUPS:
        few = f"{figures['test_rows']} rows of the test side are too few to tell"
        return Ruling(False, few, known)
    found = interval(figures["resampled"], terms.confidence)
    known |= {"improvement": gain, "interval_low": found.low, "interval_high": found.high}
    said = (
        f"mean loss {models['challenger']['loss']:.4g}, the champion's "
        f"{models['champion']['loss']:.4g}: lower by {gain:.4g} "
        f"({terms.confidence:.0%} interval {found})"
    )
    if found.low <= 0:
        return Ruling(False, f"{said}, which is not surely better", known)
    if gain < terms.min_improvement:
        asked = f"and `min_improvement` is {terms.min_improvement:g}"
        return Ruling(False, f"{said}, {asked}", known)
    return Ruling(True, said, known)


def interval(quantiles: Sequence[float], confidence: float) -> Interval:
    """The middle part of a distribution that is given by evenly spaced quantiles, from 0 to 1."""
    tail = (1 - confidence) / 2
    return Interval(_quantile(quantiles, tail), _quantile(quantiles, 1 - tail))


def _quantile(quantiles: Sequence[float], share: float) -> float:
    place = share * (len(quantiles) - 1)
    below = min(int(place), len(quantiles) - 2)
    rest = place - below
    return quantiles[below] * (1 - rest) + quantiles[below + 1] * rest
