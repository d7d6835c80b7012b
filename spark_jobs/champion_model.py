"""Puts challenger and champion to the same rows of the test side."""

from collections.abc import Mapping, Sequence
from logging import Logger
from math import isfinite
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.evaluation.bootstrap import resampled_means
from spark_jobs.evaluation.scores import SCORES, row_loss
from spark_jobs.learning.split import TEST
from spark_jobs.names import ROW_ID
from spark_jobs.problem import problem_of
from spark_jobs.runtime.job import Request, Result, Stopwatch
from spark_jobs.tested import score

GROUPS = 2000
# the inputs that are models, by the role that each has
MODELS = {"challenger": "lr_model", "champion": "champion"}

Losses = Mapping[int, tuple[float, int]]


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write what each model says of the test side, to `challenger/` and `champion/`.

    Figures: `models` has `loss` (the mean log loss, or squared error of a number) and the figures
    of `figures.scores` by role, `improvement` is by how much the challenger's loss is lower,
    `resampled` quantiles of that from resampled `groups` of rows. They are null where a loss is
    not finite.

    Raises:
        JobError: the test side is empty, or has one class only of a binary label.
    """
    problem = problem_of(request.contract["label"])
    watch = Stopwatch()
    losses: dict[str, Losses] = {}
    scores: dict[str, Mapping[str, Any]] = {}
    for role, model in MODELS.items():
        with watch.phase("score"):
            scored = score(spark, request, model, f"{request.output}/{role}")
        with watch.phase("measure"):
            losses[role] = losses_by_group(scored, problem)
            scores[role] = SCORES[problem](scored)
    with watch.phase("resample"):
        figures = compared(losses["challenger"], losses["champion"])
    for role, means in figures["models"].items():
        means.update(scores[role])
    rows = figures["test_rows"]
    log.info("loss lower by %s on %s test rows", figures["improvement"], rows)
    return Result({TEST: rows}, {"problem": problem, **figures}, watch.seconds)


def losses_by_group(scored: DataFrame, problem: str) -> Losses:
    """The sum of the rows' losses, and their number, by group: equal ids are in one group."""
    # the first 8 digits put the row on its side
    group = F.conv(F.substring(ROW_ID, 9, 8), 16, 10).cast("long") % GROUPS
    sums = scored.groupBy(group.alias("group")).agg(
        F.sum(row_loss(problem)).alias("loss"), F.count(F.lit(1)).alias("rows")
    )
    return {row["group"]: (row["loss"], row["rows"]) for row in sums.collect()}


def compared(challenger: Losses, champion: Losses) -> dict[str, Any]:
    """The figures of both, from the losses of the same rows."""
    groups = sorted(challenger)
    counts = [challenger[group][1] for group in groups]
    assert counts == [champion[group][1] for group in groups], "both score the same rows"
    gains = [champion[group][0] - challenger[group][0] for group in groups]
    rows = sum(counts)
    finite = all(isfinite(gain) for gain in gains)
    return {
        "models": {
            "challenger": {"loss": _mean(challenger, groups, rows)},
            "champion": {"loss": _mean(champion, groups, rows)},
        },
        "improvement": sum(gains) / rows if finite else None,
        "resampled": resampled_means(gains, counts) if finite else None,
        "groups": len(groups),
        "test_rows": rows,
    }


def _mean(losses: Losses, groups: Sequence[int], rows: int) -> float | None:
    mean = sum(losses[group][0] for group in groups) / rows
    return mean if isfinite(mean) else None


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
