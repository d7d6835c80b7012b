"""Compare challenger and champion on the same rows of the test split."""

from collections.abc import Mapping, Sequence
from logging import Logger
from math import isfinite
from typing import cast

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.contract import Problem, ScoringContract, problem_of
from spark_jobs.dataset_rows import input_rows
from spark_jobs.evaluation.bootstrap import resampled_means, row_group
from spark_jobs.evaluation.figures import ComparisonFigures, ModelsByRole, RoleFigures
from spark_jobs.evaluation.scores import SCORES, Scores, row_loss
from spark_jobs.evaluation.wording import number
from spark_jobs.learning.split import TEST
from spark_jobs.runtime.job import Request, Result, Stopwatch
from spark_jobs.scoring import score_test_split

GROUPS = 2000
# the name of the input with the model of each role
MODELS = {"challenger": "lr_model", "champion": "champion"}

GroupLosses = Mapping[int, tuple[float, int]]


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write the scores of each model to `challenger/` and `champion/`, and compare their losses.

    The loss of a row is its log loss, or the squared error of a number.

    Raises:
        JobError: the test split is empty, or has only one class of a binary label.
    """
    problem = problem_of(cast("ScoringContract", request.contract)["label"])
    stopwatch = Stopwatch()
    data = input_rows(spark, request)
    losses: dict[str, GroupLosses] = {}
    scores: dict[str, Scores] = {}
    for role, model in MODELS.items():
        with stopwatch.phase("score"):
            scored = score_test_split(data, request, model, f"{request.output}/{role}")
        with stopwatch.phase("measure"):
            losses[role] = losses_by_group(scored, problem)
            scores[role] = SCORES[problem](scored)
    with stopwatch.phase("resample"):
        figures = comparison(problem, losses["challenger"], losses["champion"])
    for role in ("challenger", "champion"):
        model_figures = {**figures["models"][role], **scores[role]}
        figures["models"][role] = cast("RoleFigures", model_figures)
    rows = figures["test_rows"]
    log.info("%s, on %s test rows", _describe(figures["improvement"]), f"{rows:,}")
    return Result({TEST: rows}, figures, stopwatch.seconds)


def _describe(improvement: float | None) -> str:
    if improvement is None:
        return "the losses are not finite numbers"
    lower = "lower" if improvement >= 0 else "higher"
    return f"the challenger's loss is {lower} by {number(abs(improvement))}"


def losses_by_group(scored: DataFrame, problem: Problem) -> GroupLosses:
    """Return the sum of the losses and the number of rows by group; equal ids share a group."""
    sums = scored.groupBy(row_group(GROUPS).alias("group")).agg(
        F.sum(row_loss(problem)).alias("loss"), F.count(F.lit(1)).alias("rows")
    )
    return {row["group"]: (row["loss"], row["rows"]) for row in sums.collect()}


def comparison(
    problem: Problem, challenger: GroupLosses, champion: GroupLosses
) -> ComparisonFigures:
    """Return the figures of both models, from their losses on the same rows."""
    groups = sorted(challenger)
    counts = [challenger[group][1] for group in groups]
    assert counts == [champion[group][1] for group in groups], "both score the same rows"
    gains = [champion[group][0] - challenger[group][0] for group in groups]
    rows = sum(counts)
    finite = all(isfinite(gain) for gain in gains)
    models: ModelsByRole = {
        "challenger": {"loss": _mean(challenger, groups, rows)},
        "champion": {"loss": _mean(champion, groups, rows)},
    }
    return {
        "problem": problem,
        "models": models,
        "improvement": sum(gains) / rows if finite else None,
        "resampled": resampled_means(gains, counts) if finite else None,
        "groups": len(groups),
        "test_rows": rows,
    }


def _mean(losses: GroupLosses, groups: Sequence[int], rows: int) -> float | None:
    mean = sum(losses[group][0] for group in groups) / rows
    return mean if isfinite(mean) else None


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
