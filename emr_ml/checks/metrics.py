"""Checks of a model's figures on the test split. They block no asset, but prevent a promotion."""

from math import sqrt

from emr_ml.checks.check import CheckContext, Evaluation, check
from emr_ml.contract.schema import Metric
from spark_jobs.evaluation.figures import MetricsFigures

# a floor of these is the most that they may be
LOWER_IS_BETTER: tuple[Metric, ...] = ("log_loss", "brier", "calibration_error", "rmse", "mae")
ACCURACY_DEVIATIONS = 2  # standard errors above the majority that are more than chance
RANKING_DEVIATIONS = 3  # a second way to pass, so it needs stronger evidence


@check
def floors(context: CheckContext) -> Evaluation:
    """Each figure reaches its threshold in `floors`."""
    figures, thresholds = context.metrics_figures, context.contract.checks.floors
    values = {name: figures.get(name) for name in thresholds}
    problems: list[str] = []
    for name, threshold in thresholds.items():
        value = values[name]
        if value is None:
            problems.append(f"{name} could not be computed, so it does not reach {threshold:g}")
        elif name in LOWER_IS_BETTER and value > threshold:
            problems.append(f"{name} is {value:.4g}, above {threshold:g}")
        elif name not in LOWER_IS_BETTER and value < threshold:
            problems.append(f"{name} is {value:.4g}, below {threshold:g}")
    problem = f"{'; '.join(problems)}: the model is not as good as `floors` under `checks` requires"
    return Evaluation(
        problem if problems else None, {"floors": {**thresholds}, "figures": {**values}}
    )


@check
def better_than_majority(context: CheckContext) -> Evaluation:
    """The model beats one that always predicts the most frequent class, or the mean."""
    figures = context.metrics_figures
    if figures.get("problem") == "regression":
        return _better_than_mean(figures)
    return _better_than_most_frequent_class(figures)


@check
def calibration(context: CheckContext) -> Evaluation:
    """The calibration error is at most `max_calibration_error`, apart from chance in few rows."""
    figures, threshold = context.metrics_figures, context.contract.checks.max_calibration_error
    error, rows = figures.get("calibration_error"), figures.get("test_rows")
    if error is None or not rows:
        return Evaluation()
    chance = 1 / sqrt(rows)
    problem = (
        f"probabilities are off by {error:.3f} on average, at most {threshold:g} is allowed, plus "
        f"{chance:.3f} by chance in {rows} test rows: use more regularization, or raise "
        "`max_calibration_error` under `checks`"
    )
    return Evaluation(
        problem if error > threshold + chance else None,
        {"calibration_error": error, "max_calibration_error": threshold, "chance": chance},
    )


METRICS_CHECKS = (floors, better_than_majority, calibration)


def _better_than_most_frequent_class(figures: MetricsFigures) -> Evaluation:
    majority, accuracy = figures.get("majority_share"), figures.get("accuracy")
    rows = figures.get("test_rows")
    if majority is None or accuracy is None or not rows:
        return Evaluation()
    needed = majority + ACCURACY_DEVIATIONS * sqrt(majority * (1 - majority) / rows)
    # if nearly all rows have one class, accuracy hardly shows what a model knows
    passed = accuracy > needed or _ranks_better_than_chance(figures.get("auc_roc"), majority, rows)
    problem = (
        f"accuracy is {accuracy:.4g}; always predicting the most frequent class gives "
        f"{majority:.4g}, and to beat it by more than chance in {rows} rows takes {needed:.4g}: "
        "check whether the labels are right and the columns are related to them"
    )
    return Evaluation(
        None if passed else problem,
        {"accuracy": accuracy, "majority_share": majority, "needed": needed},
    )


def _ranks_better_than_chance(auc_roc: float | None, majority: float, rows: int) -> bool:
    """Compare with the standard deviation of the area under the ROC of a model without knowledge.

    It is sqrt((n + 1) / (12 * pairs)), from the U test of Mann and Whitney (1947).
    """
    pairs = majority * (1 - majority) * rows * rows
    if auc_roc is None or not pairs:
        return False
    return auc_roc > 0.5 + RANKING_DEVIATIONS * sqrt((rows + 1) / (12 * pairs))


def _better_than_mean(figures: MetricsFigures) -> Evaluation:
    r2 = figures.get("r2")
    problem = None
    if r2 is None:
        problem = "r2 could not be computed: the label is constant in all test rows, or too large"
    elif r2 <= 0:
        problem = (
            f"r2 is {r2:.4g}: the model is no better than always predicting the mean. Check "
            "whether the label is right and the columns are related to it"
        )
    return Evaluation(problem, {"r2": r2})
