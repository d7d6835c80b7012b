"""Checks of a model's figures on the test side. They stop no asset, but do stop a promotion."""

from collections.abc import Mapping
from math import sqrt
from typing import Any

import dagster as dg

from emr_ml.checks.evidence import Evidence, warning
from emr_ml.contract.schema import Metric

FLOORS, BETTER_THAN_MAJORITY, CALIBRATION = "floors", "better_than_majority", "calibration"
# of these the least is best, so a floor is what they may be at most
LEAST_IS_BEST: tuple[Metric, ...] = ("log_loss", "brier", "calibration_error", "rmse", "mae")
ACCURACY_ERRORS = 2  # standard errors that are more than chance
RANKING_ERRORS = 3  # of a second chance, so it must show more


def metrics_checks(asset: str) -> list[dg.AssetCheckSpec]:
    """What `judge_metrics` evaluates."""
    about = {
        FLOORS: "Each figure is as good as `floors` wants it.",
        BETTER_THAN_MAJORITY: "The model does better than one that always names the commonest "
        "class, or the mean.",
        CALIBRATION: "Probabilities are off by no more than `max_calibration_error`, but for "
        "what chance does in few rows.",
    }
    return [dg.AssetCheckSpec(name, asset=asset, description=said) for name, said in about.items()]


def judge_metrics(evidence: Evidence) -> list[dg.AssetCheckResult]:
    """Whether the model is good enough to be used."""
    figures, checks = evidence.report.figures, evidence.contract.checks
    return [
        _floors(figures, checks.floors),
        _against_the_mean(figures)
        if figures.get("problem") == "regression"
        else _against_the_commonest(figures),
        _calibration(figures, checks.max_calibration_error),
    ]


def _floors(figures: Mapping[str, Any], floors: Mapping[Metric, float]) -> dg.AssetCheckResult:
    said: list[str] = []
    for name, floor in floors.items():
        value = figures.get(name)
        if value is None:
            said.append(f"{name} could not be computed, so it does not reach {floor:g}")
        elif name in LEAST_IS_BEST and value > floor:
            said.append(f"{name} is {value:.4g}, above {floor:g}")
        elif name not in LEAST_IS_BEST and value < floor:
            said.append(f"{name} is {value:.4g}, below {floor:g}")
    trouble = f"{'; '.join(said)}: the model is not as good as `floors` under `checks` wants it"
    values = {name: figures.get(name) for name in floors}
    return warning(FLOORS, trouble if said else None, {"floors": {**floors}, "figures": {**values}})


def _against_the_commonest(figures: Mapping[str, Any]) -> dg.AssetCheckResult:
    majority, accuracy = figures.get("majority_share"), figures.get("accuracy")
    rows = figures.get("test_rows") or 0
    if majority is None or accuracy is None or not rows:
        return warning(BETTER_THAN_MAJORITY, None)
    needed = majority + ACCURACY_ERRORS * sqrt(majority * (1 - majority) / rows)
    # where nearly all rows have one class, accuracy hardly shows what a model knows
    ranks = _ranks_better_than_chance(figures, majority, rows)
    trouble = (
        f"accuracy is {accuracy:.4g}; always naming the commonest class gives {majority:.4g}, and "
        f"to be better by more than chance in {rows} rows takes {needed:.4g}: see whether the "
        "labels are right and the columns have to do with them"
    )
    return warning(
        BETTER_THAN_MAJORITY,
        None if accuracy > needed or ranks else trouble,
        {"accuracy": accuracy, "majority_share": majority, "needed": needed},
    )


def _ranks_better_than_chance(figures: Mapping[str, Any], majority: float, rows: int) -> bool:
    """By the area under the ROC, whose deviation without knowledge is known (Mann and Whitney)."""
    area = figures.get("auc_roc")
    pairs = majority * (1 - majority) * rows * rows
    if area is None or not pairs:
        return False
    return area > 0.5 + RANKING_ERRORS * sqrt((rows + 1) / (12 * pairs))


def _against_the_mean(figures: Mapping[str, Any]) -> dg.AssetCheckResult:
    r2 = figures.get("r2")
    if r2 is None:
        trouble = "r2 could not be computed: the label is the same in all test rows, or too large"
    else:
        trouble = (
            f"r2 is {r2:.4g}: the model does no better than always naming the mean. See whether "
            "the label is right and the columns have to do with it"
        )
    return warning(BETTER_THAN_MAJORITY, None if r2 and r2 > 0 else trouble, {"r2": r2})


def _calibration(figures: Mapping[str, Any], most: float) -> dg.AssetCheckResult:
    error, rows = figures.get("calibration_error"), figures.get("test_rows") or 0
    if error is None or not rows:
        return warning(CALIBRATION, None)
    chance = 1 / sqrt(rows)
    trouble = (
        f"probabilities are off by {error:.3f} in the mean, {most:g} may be, and {chance:.3f} by "
        f"chance in {rows} test rows: more regularization helps, or raise `max_calibration_error` "
        "under `checks`"
    )
    return warning(
        CALIBRATION,
        trouble if error > most + chance else None,
        {"calibration_error": error, "max_calibration_error": most, "chance": chance},
    )
