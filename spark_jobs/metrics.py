"""Scores the test side with the model and measures how well it did."""

from logging import Logger

from pyspark.sql import SparkSession

from spark_jobs.evaluation.binary import binary_figures
from spark_jobs.evaluation.multiclass import multiclass_figures
from spark_jobs.evaluation.regression import regression_figures
from spark_jobs.learning.split import TEST
from spark_jobs.problem import BINARY, MULTICLASS, REGRESSION, problem_of
from spark_jobs.runtime.job import Request, Result, Stopwatch
from spark_jobs.tested import score

FIGURES = {
    BINARY: binary_figures,
    MULTICLASS: multiclass_figures,
    REGRESSION: regression_figures,
}
TOLD = ("accuracy", "auc_roc", "log_loss", "rmse", "r2")


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write `scored/` as Parquet: `row_id`, `label`, and what the model says of it.

    Figures: those of `figures`, all computed from the rows that were written.

    Raises:
        JobError: the test side is empty, or has one class only of a binary label.
    """
    watch = Stopwatch()
    with watch.phase("score"):
        scored = score(spark, request, "lr_model", f"{request.output}/scored")
    with watch.phase("measure"):
        figures = FIGURES[problem_of(request.contract["label"])](scored)
    told = ", ".join(f"{name} {figures[name]:.4g}" for name in TOLD if figures[name] is not None)
    log.info("%s on %s test rows", told, figures["test_rows"])
    return Result({TEST: figures["test_rows"]}, figures, watch.seconds)


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
