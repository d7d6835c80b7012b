"""Featurizers fitted on frames, and the vectors they make."""

from collections.abc import Mapping
from typing import Any

from pyspark.ml import Estimator, PipelineModel
from pyspark.ml.linalg import Vector
from pyspark.sql import DataFrame

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import SMALL
from spark_jobs.contract import ColumnRules
from spark_jobs.learning.features import make_featurizer

SETTINGS: dict[str, Any] = SMALL["featurizers"][0]


def rules_of(columns: Mapping[str, Any]) -> dict[str, ColumnRules]:
    """The rules of columns, by their kinds or as a contract has them."""
    return Contract.model_validate({"columns": columns}).pick("columns")["columns"]


def fitted(train: DataFrame, columns: Mapping[str, Any], settings: Any) -> PipelineModel:
    """The stages of that featurizer, fitted on those rows."""
    featurizer = make_featurizer(rules_of(columns), settings)
    stages: list[Any] = list(featurizer.row_stages)
    frame = PipelineModel(stages).transform(train)
    for stage in featurizer.fit_stages:
        model = stage.fit(frame) if isinstance(stage, Estimator) else stage
        stages.append(model)
        frame = model.transform(frame)
    return PipelineModel(stages)


def vectors(model: PipelineModel, frame: DataFrame) -> list[Vector]:
    """The vectors of the rows, in the order of the frame."""
    return [row["__features"] for row in model.transform(frame).collect()]


def terms(vector: Vector) -> set[int]:
    """The indices of the non-zero elements of a vector."""
    return {index for index, value in enumerate(vector.toArray()) if value}
