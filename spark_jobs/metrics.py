"""Scores the test side with the model and measures how well it did."""

from logging import Logger

from pyspark.ml import PipelineModel
from pyspark.ml.functions import vector_to_array
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_jobs.figures import binary_figures
from spark_jobs.names import LABEL, ROW_ID, SIDE
from spark_jobs.runtime.job import JobError, Request, Result, Stopwatch
from spark_jobs.split import TEST, with_label, with_side


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write `scored/`: `row_id`, `label` (0 or 1), `probability` of 1, as Parquet.

    Figures: those of `figures.binary_figures`, all computed from the rows that were written.

    Raises:
        JobError: the test side is empty or has one class only.
    """
    contract = request.contract
    watch = Stopwatch()
    scored_path = f"{request.output}/scored"
    with watch.phase("score"):
        model = PipelineModel.load(f"{request.inputs['lr_model'].path}/model")
        rows = spark.read.parquet(f"{request.inputs['processed_dataset'].path}/kept")
        test = with_side(with_label(rows, contract["label"]), contract["split"])
        (
            model.transform(test.where(F.col(SIDE) == TEST))
            .select(
                ROW_ID,
                F.col(LABEL).cast("int").alias("label"),
                vector_to_array(F.col("probability"))[1].alias("probability"),
            )
            .write.parquet(scored_path)
        )
    with watch.phase("measure"):
        scored = spark.read.parquet(scored_path)
        classes = {row["label"]: row["count"] for row in scored.groupBy("label").count().collect()}
        if len(classes) < 2:
            raise JobError(
                f"the test side has {sum(classes.values())} rows and {len(classes)} class of "
                f"'{contract['label']['column']}', so nothing can be measured on it. "
                "Give more rows, or a larger test share under `split` in the contract"
            )
        figures = binary_figures(scored)
    log.info(
        "accuracy %.4f, ROC AUC %.4f on %s test rows",
        figures["accuracy"],
        figures["auc_roc"],
        figures["test_rows"],
    )
    return Result({TEST: figures["test_rows"]}, figures, watch.seconds)


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
