"""What a model predicts: the label as the number it is fitted on, and the way back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.ml import Transformer
from pyspark.ml.feature import IndexToString, SQLTransformer
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.learning.label import with_label
from spark_jobs.names import LABEL
from spark_jobs.problem import BINARY, MULTICLASS, problem_of

PREDICTION, PROBABILITY = "prediction", "probability"
# what the estimator itself says: a user's column may have the default's name
PREDICTED, RAW_PREDICTION = "__predicted", "__raw_prediction"


@dataclass(frozen=True)
class Target:
    """The label as the training side has it.

    Of several classes, `classes` are those that can be predicted. A number is fitted on as its
    distance from `mean` in units of `deviation`, so that its unit does not matter.
    """

    label: Mapping[str, Any]
    classes: Sequence[str] = ()
    mean: float = 0.0
    deviation: float = 1.0

    @property
    def problem(self) -> str:
        return problem_of(self.label)

    @property
    def decisive(self) -> str:
        """The figure that chooses: the lower, the better."""
        return "log_loss" if self.problem in (BINARY, MULTICLASS) else "rmse"

    def on(self, rows: DataFrame) -> DataFrame:
        """The rows with `_label` to fit on; null where the class can't be predicted."""
        scaled = (F.col(LABEL) - self.mean) / self.deviation
        return with_label(rows, self.label, self.classes).withColumn(LABEL, scaled)

    def with_classes(self, rows: DataFrame) -> DataFrame:
        """The rows, whose `_label` says how many classes there are: a part may lack some."""
        if self.problem != MULTICLASS:
            return rows
        known = {"ml_attr": {"type": "nominal", "num_vals": len(self.classes)}}
        return rows.withMetadata(LABEL, known)

    def way_back(self) -> list[Transformer]:
        """The stages after the estimator: they end in `prediction`, in the label's own terms."""
        match self.problem:
            case "binary":
                return [SQLTransformer(statement=_renamed(PREDICTED))]
            case "multiclass":
                labels = list(self.classes)
                return [IndexToString(inputCol=PREDICTED, outputCol=PREDICTION, labels=labels)]
            case _:
                number = f"{PREDICTED} * {_literal(self.deviation)} + {_literal(self.mean)}"
                return [SQLTransformer(statement=_renamed(number))]

    def scored(self, predicted: DataFrame) -> DataFrame:
        """What `scores` takes, of rows that were fitted on or validated."""
        match self.problem:
            case "binary":
                return predicted.select(F.col(LABEL).cast("int").alias("label"), positive())
            case "multiclass":
                return predicted.select(
                    F.col(LABEL).alias("label"),
                    F.col(PREDICTED).alias("predicted"),
                    probability_of(F.col(LABEL).cast("int")),
                )
            case _:
                return predicted.select(
                    (F.col(LABEL) * self.deviation + self.mean).alias("label"),
                    (F.col(PREDICTED) * self.deviation + self.mean).alias("predicted"),
                )


def positive() -> Column:
    """The probability of a binary label's positive value."""
    return vector_to_array(F.col(PROBABILITY))[1].alias("probability")


def probability_of(place: Column) -> Column:
    """The probability of the class in that place; 0 where there is none."""
    found = F.get(vector_to_array(F.col(PROBABILITY)), place)
    return F.coalesce(found, F.lit(0.0)).alias("label_probability")


def _renamed(expression: str) -> str:
    return f"SELECT *, {expression} AS {PREDICTION} FROM __THIS__"


def _literal(number: float) -> str:
    return f"CAST('{number!r}' AS DOUBLE)"
