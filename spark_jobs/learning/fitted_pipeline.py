"""A fitted pipeline: applied to rows, saved, and loaded again.

The files are those of Spark's `PipelineModel`, which loads them too. Spark itself saves and loads
one stage after the other, in several jobs each that only wait; here, eight at the same time.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from pyspark import SparkContext
from pyspark.ml import PipelineModel, Transformer
from pyspark.ml.pipeline import PipelineSharedReadWrite
from pyspark.ml.util import DefaultParamsReader, DefaultParamsWriter
from pyspark.sql import DataFrame, SparkSession

from spark_jobs.learning.threads import call_together

THREADS = 8
JAVA_CLASS = "org.apache.spark.ml.PipelineModel"
# The next job of a run scores with what this one has saved, and a comparison needs two models.
MAX_REMEMBERED = 2
SUMMARIZED = "org.apache.spark.ml.util.HasTrainingSummary"
_remembered: dict[tuple[SparkContext, str], "FittedPipeline"] = {}


class FittedPipeline:
    """The stages as Java has them: PySpark's boosted trees make an object of each tree.

    Args:
        stages: Java's objects.
        owners: PySpark's objects that release those of Java when they are collected.
    """

    def __init__(self, stages: Sequence[Any], owners: Sequence[Transformer] = ()) -> None:
        self._stages = stages
        self._owners = owners

    @classmethod
    def of(cls, stages: Sequence[Transformer]) -> "FittedPipeline":
        """Return the pipeline of PySpark's stages."""
        return cls([cast("Any", stage)._to_java() for stage in stages], stages)

    @classmethod
    def load(cls, spark: SparkSession, path: str) -> "FittedPipeline":
        """Return the pipeline that was saved at a path, or that this process has saved there."""
        key = (spark.sparkContext, path)
        if key in _remembered:
            return _remembered[key]
        names = DefaultParamsReader.loadMetadata(path, spark)["paramMap"]["stageUids"]
        java: Any = spark._jvm  # pyright: ignore[reportPrivateUsage] - no public way
        session: Any = spark._jsparkSession  # pyright: ignore[reportPrivateUsage] - no public way
        read = java.org.apache.spark.ml.util.DefaultParamsReader.loadParamsInstance
        calls = [partial(read, folder, session) for folder in _folders(path, names)]
        pipeline = cls(call_together(spark, calls, threads=THREADS))
        pipeline._remember(spark, path)
        return pipeline

    def save(self, spark: SparkSession, path: str) -> None:
        """Write the stages to a folder that does not exist."""
        names = [stage.uid() for stage in self._stages]
        extra, params = {"class": JAVA_CLASS}, {"stageUids": names}
        write = DefaultParamsWriter.saveMetadata
        session: Any = spark._jsparkSession  # pyright: ignore[reportPrivateUsage] - no public way
        call_together(
            spark,
            [
                partial(write, PipelineModel([]), path, spark, extra, params),
                *(
                    partial(stage.write().session(session).save, folder)
                    for stage, folder in zip(self._stages, _folders(path, names), strict=True)
                ),
            ],
            threads=THREADS,
        )
        self._remember(spark, path)

    def transform(self, rows: DataFrame) -> DataFrame:
        """Return the rows with the columns that the stages add."""
        java: Any = rows._jdf  # pyright: ignore[reportPrivateUsage] - no public way
        for stage in self._stages:
            java = stage.transform(java)
        return DataFrame(java, rows.sparkSession)

    @property
    def classes(self) -> list[str]:
        """The classes of a multiclass label in their order; of any other label, none."""
        last = self._stages[-1]
        is_classes = last.getClass().getSimpleName() == "IndexToString"
        return list(last.getLabels()) if is_classes else []

    def _remember(self, spark: SparkSession, path: str) -> None:
        while len(_remembered) >= MAX_REMEMBERED:
            del _remembered[next(iter(_remembered))]
        _remembered[spark.sparkContext, path] = self
        # the summary of a fit holds what it was trained on
        java: Any = spark._jvm  # pyright: ignore[reportPrivateUsage] - no public way
        summarized = java.java.lang.Class.forName(SUMMARIZED)
        for stage in self._stages:
            if summarized.isInstance(stage):
                stage.setSummary(java.scala.Option.empty())


def _folders(path: str, names: Sequence[str]) -> list[str]:
    folder = PipelineSharedReadWrite.getStagePath
    stages = f"{path}/stages"
    return [folder(name, index, len(names), stages) for index, name in enumerate(names)]
