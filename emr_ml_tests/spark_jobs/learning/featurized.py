"""Frames, featurized by what is fitted on them."""

from typing import Any

from pyspark.ml import Estimator, PipelineModel
from pyspark.ml.linalg import Vector
from pyspark.sql import DataFrame

from emr_ml_tests.spark_jobs.bench import SMALL
from spark_jobs.learning.features import featurizer

SETTINGS: dict[str, Any] = SMALL["featurizers"][0]


def fitted(train: DataFrame, kinds: dict[str, str], settings: dict[str, Any]) -> PipelineModel:
    """The stages of that featurizer, fitted on those rows."""
    plan = featurizer(kinds, settings)
    stages: list[Any] = list(plan.by_row)
    frame = PipelineModel(stages).transform(train)
    for stage in plan.fitted:
        model = stage.fit(frame) if isinstance(stage, Estimator) else stage
        stages.append(model)
        frame = model.transform(frame)
    return PipelineModel(stages)


def vectors(model: PipelineModel, frame: DataFrame) -> list[Vector]:
    """The vectors of the rows, in the order of the frame."""
    return [row["features"] for row in model.transform(frame).collect()]


def terms(vector: Vector) -> set[int]:
    """The places of a vector that are not 0."""
    return {index for index, value in enumerate(vector.toArray()) if value}
