"""Score the test split with the model, and measure the predictions."""

from collections.abc import Callable, Mapping
from logging import Logger
from typing import cast

from pyspark.sql import DataFrame, SparkSession

from spark_jobs.contract import (
    BINARY,
    MULTICLASS,
    REGRESSION,
    MeasuringContract,
    Problem,
    problem_of,
)
from spark_jobs.dataset_rows import input_rows
from spark_jobs.evaluation.binary import binary_figures
from spark_jobs.evaluation.figures import MetricsFigures
from spark_jobs.evaluation.multiclass import multiclass_figures
from spark_jobs.evaluation.regression import regression_figures
from spark_jobs.evaluation.row_values import row_values
from spark_jobs.evaluation.slices import column_slices
from spark_jobs.evaluation.wording import number
from spark_jobs.evaluation.worst_rows import worst_rows
from spark_jobs.learning.split import TEST
from spark_jobs.runtime.job import Request, Result, Stopwatch
from spark_jobs.scoring import score_test_split

FIGURES: Mapping[Problem, Callable[[DataFrame], MetricsFigures]] = {
    BINARY: binary_figures,
    MULTICLASS: multiclass_figures,
    REGRESSION: regression_figures,
}
LOGGED = ("accuracy", "auc_roc", "log_loss", "rmse", "r2")


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write `scored/` as Parquet, and compute all figures from the written rows.

    The figures also tell where the model is wrong. For that, the written rows have values of the
    columns beside the prediction; see `spark_jobs.evaluation.row_values`.

    Raises:
        JobError: the test split is empty, or has only one class of a binary label.
    """
    contract, stopwatch = cast("MeasuringContract", request.contract), Stopwatch()
    problem = problem_of(contract["label"])
    with stopwatch.phase("score"):
        rows = input_rows(spark, request)
        kept = row_values(rows, contract)
        path = f"{request.output}/scored"
        scored = score_test_split(rows, request, "lr_model", path, kept=kept.columns())
    with stopwatch.phase("measure"):
        figures = FIGURES[problem](scored)
    with stopwatch.phase("examine"):
        figures["slices"] = column_slices(scored, problem, figures["test_rows"], kept)
        figures["worst_rows"] = worst_rows(scored, problem, contract["report"]["worst_rows"])
    found = {name: figures[name] for name in LOGGED}
    logged = [f"{name} {number(value)}" for name, value in found.items() if value is not None]
    log.info("%s on %s test rows", ", ".join(logged), f"{figures['test_rows']:,}")
    return Result({TEST: figures["test_rows"]}, figures, stopwatch.seconds)


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
