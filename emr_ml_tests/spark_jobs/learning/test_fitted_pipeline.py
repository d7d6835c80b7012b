"""A fitted pipeline is saved as Spark's own, and loaded as it was."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.ml import PipelineModel, Transformer
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import IndexToString, SQLTransformer, StringIndexerModel
from pyspark.ml.linalg import Vectors, VectorUDT
from pyspark.sql import SparkSession
from pyspark.sql.types import DoubleType, StructField, StructType

from spark_jobs.learning import fitted_pipeline
from spark_jobs.learning.fitted_pipeline import FittedPipeline

ROWS = [("b",), ("a",)]
COLUMNS = StructType([StructField("features", VectorUDT()), StructField("label", DoubleType())])


@pytest.fixture
def pipeline(spark: SparkSession) -> FittedPipeline:
    """Eleven stages, so that the order of their folders needs leading zeros."""
    rows = spark.createDataFrame([*ROWS, ("b",)], "word string")
    assert rows.count() == 3
    index = StringIndexerModel.from_labels(["b", "a"], inputCol="word", outputCol="index")
    counts = [
        SQLTransformer(statement=f"SELECT *, {number} AS n{number} FROM __THIS__")
        for number in range(9)
    ]
    word = IndexToString(inputCol="index", outputCol="again", labels=["b", "a"])
    return FittedPipeline.of([index, *counts, word])


def output(pipeline: Any, spark: SparkSession) -> list[dict[str, Any]]:
    """What it adds to two rows."""
    rows = spark.createDataFrame(ROWS, "word string")
    return [row.asDict() for row in pipeline.transform(rows).collect()]


def test_a_loaded_pipeline_transforms_as_the_saved_one(
    spark: SparkSession,
    pipeline: FittedPipeline,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pipeline.save(spark, str(tmp_path / "model"))
    monkeypatch.setattr(fitted_pipeline, "_remembered", {})  # as in another process

    loaded = FittedPipeline.load(spark, str(tmp_path / "model"))

    assert loaded is not pipeline
    assert output(loaded, spark) == output(pipeline, spark)
    assert loaded.classes == ["b", "a"]


def test_spark_loads_it_too(spark: SparkSession, pipeline: FittedPipeline, tmp_path: Path) -> None:
    pipeline.save(spark, str(tmp_path / "model"))
    java: Any = spark._jvm  # pyright: ignore[reportPrivateUsage] - no public way

    in_python = PipelineModel.load(str(tmp_path / "model"))
    in_java = java.org.apache.spark.ml.PipelineModel.load(str(tmp_path / "model"))

    assert output(in_python, spark) == output(pipeline, spark)
    assert [stage.uid() for stage in in_java.stages()] == [each.uid for each in in_python.stages]


def test_what_spark_has_saved_is_loaded(spark: SparkSession, tmp_path: Path) -> None:
    stages: list[Transformer] = [SQLTransformer(statement="SELECT *, 1 AS one FROM __THIS__")]
    PipelineModel(stages).write().save(str(tmp_path / "model"))

    loaded = FittedPipeline.load(spark, str(tmp_path / "model"))

    assert [row["one"] for row in output(loaded, spark)] == [1, 1]
    assert loaded.classes == []


def test_a_process_reads_nothing_that_it_has_saved_itself(
    spark: SparkSession, pipeline: FittedPipeline, tmp_path: Path
) -> None:
    pipeline.save(spark, str(tmp_path / "model"))

    assert FittedPipeline.load(spark, str(tmp_path / "model")) is pipeline


def test_it_remembers_two_pipelines(
    spark: SparkSession, pipeline: FittedPipeline, tmp_path: Path
) -> None:
    for name in ("first", "second", "third"):
        pipeline.save(spark, str(tmp_path / name))

    assert FittedPipeline.load(spark, str(tmp_path / "third")) is pipeline
    assert FittedPipeline.load(spark, str(tmp_path / "first")) is not pipeline


def test_a_remembered_model_does_not_keep_its_training_rows(
    spark: SparkSession, tmp_path: Path
) -> None:
    rows = spark.createDataFrame([(Vectors.dense(0.0), 0.0), (Vectors.dense(1.0), 1.0)], COLUMNS)
    model = LogisticRegression(maxIter=2).fit(rows)
    assert model.hasSummary

    FittedPipeline.of([model]).save(spark, str(tmp_path / "model"))

    assert not model.hasSummary
