"""Turn rows into vectors, with a featurizer that is fitted on the training split."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, cast

from pyspark.ml import Pipeline, PipelineModel, Transformer
from pyspark.ml.base import Estimator
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import LABEL, ROW_ID, SPLIT
from spark_jobs.learning.features import FEATURES, Featurizer
from spark_jobs.learning.split import TRAIN

ROWS_PER_PARTITION = 20_000
MIN_PARTITIONS, MAX_PARTITIONS = 4, 1024


@dataclass(frozen=True)
class FeaturizedRows:
    """Rows as vectors, and the fitted `stages` that made them.

    `prepared` is the output of the stages that need no fit; `vectors` has `_side`, `_label`,
    `features` and `row_id`.
    """

    stages: list[Transformer]
    prepared: DataFrame
    vectors: DataFrame


def featurize(
    rows: DataFrame, featurizer: Featurizer, order_rows: int | None, cache: ExitStack
) -> FeaturizedRows:
    """Fit the featurizer on the training split, and turn all rows into vectors.

    Args:
        rows: of the training and the validation split.
        featurizer: to fit.
        order_rows: the number of rows, if the estimator's result depends on their order and
            partitions, so that these must be reproducible; else None.
        cache: keeps what is computed until it is closed.
    """
    # checkpoints, because otherwise each pass of a fit carries the whole plan before it
    prepared = PipelineModel(featurizer.row_stages).transform(rows)
    prepared = prepared.select(SPLIT, LABEL, ROW_ID, *featurizer.prepared)
    needs_fit = any(isinstance(stage, Estimator) for stage in featurizer.fit_stages)
    only_scales = not needs_fit and len(featurizer.prepared) == 1
    if featurizer.expensive and not only_scales:
        prepared = cache.enter_context(checkpointed(prepared))
    pipeline = Pipeline(stages=cast("Any", featurizer.fit_stages))
    fitted = pipeline.fit(prepared.where(F.col(SPLIT) == TRAIN))
    vectors = fitted.transform(prepared).select(SPLIT, LABEL, FEATURES, ROW_ID)
    if order_rows is not None:
        partitions = min(max(order_rows // ROWS_PER_PARTITION, MIN_PARTITIONS), MAX_PARTITIONS)
        vectors = vectors.repartition(partitions, ROW_ID).sortWithinPartitions(ROW_ID)
    vectors = cache.enter_context(checkpointed(vectors))
    if only_scales:  # the vectors have non-zero elements at the same indices
        prepared = vectors.withColumnRenamed(FEATURES, featurizer.prepared[0])
    return FeaturizedRows([*featurizer.row_stages, *fitted.stages], prepared, vectors)


def sample_vectors(vectors: DataFrame, step: int) -> DataFrame:
    """Return one row of `step`, at random but determined by its id."""
    return vectors.where(F.xxhash64(ROW_ID) % step == 0)


@contextmanager
def checkpointed(rows: DataFrame) -> Generator[DataFrame]:
    """Compute the rows once, and keep them until the block ends.

    If `spark.checkpoint.dir` is set, they are kept there, where the loss of an executor does no
    harm, and not removed.
    """
    durable = rows.sparkSession.sparkContext.getCheckpointDir()
    checkpoint = rows.checkpoint() if durable else rows.localCheckpoint()
    try:
        yield checkpoint
    finally:
        # otherwise only the garbage collector releases a checkpoint
        java: Any = checkpoint._jdf  # pyright: ignore[reportPrivateUsage] - no public way
        java.queryExecution().logical().rdd().unpersist(False)
