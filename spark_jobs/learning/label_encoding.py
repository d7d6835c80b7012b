"""The label as the number that a model is fitted on, and the stages that decode predictions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
from pyspark.ml import Transformer
from pyspark.ml.feature import IndexToString, SQLTransformer
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import LABEL, WEIGHT, quoted
from spark_jobs.contract import BINARY, MULTICLASS, REGRESSION, Label, Problem, problem_of
from spark_jobs.learning.class_weights import FIT_WEIGHT, PROBABILITY, class_weight
from spark_jobs.learning.fitted_pipeline import FittedPipeline
from spark_jobs.learning.params import EstimatorName

Numbers = npt.NDArray[np.float64]

# a user's column may have one of MLlib's default names
PREDICTION = "__prediction"
ESTIMATED, RAW_PREDICTION = "__predicted", "__raw_prediction"
FORMER_NAMES = {"prediction": PREDICTION, "probability": PROBABILITY}


@dataclass(frozen=True)
class LabelEncoding:
    """How the label becomes a number, fitted on the training split.

    Of a multiclass label, `classes` are those that can be predicted. A numeric label is fitted as
    its distance from `mean` in units of `deviation`, so that its unit does not matter. The
    `class_weights` are in the order of the classes' numbers, and empty if they have none. `weight`
    is the column with the weights of rows, if they have any, and `mean_weight` their mean.
    """

    label: Label
    classes: Sequence[str] = ()
    class_weights: Mapping[str, float] = field(default_factory=dict[str, float])
    mean: float = 0.0
    deviation: float = 1.0
    weight: str | None = None
    mean_weight: float = 1.0

    @property
    def is_weighted(self) -> bool:
        """Whether some rows weigh more than others in a fit."""
        return bool(self.class_weights or self.weight)

    @property
    def problem(self) -> Problem:
        return problem_of(self.label)

    @property
    def selection_metric(self) -> Literal["log_loss", "rmse"]:
        """The score that chooses among candidates; lower is better."""
        return "rmse" if self.problem == REGRESSION else "log_loss"

    @property
    def linear_estimator(self) -> EstimatorName:
        """The linear estimator that solves the problem."""
        return "linear_regression" if self.problem == REGRESSION else "logistic_regression"

    def encode(self, rows: DataFrame) -> DataFrame:
        """Return the rows with `_label` to fit on and `_weight`, which is 1 if they have none.

        The label is null if the class can't be predicted. The mean weight is 1: trees would take
        weights of another unit for more rows, or for fewer, than there are.
        """
        scaled = (F.col(LABEL) - self.mean) / self.deviation
        weight = quoted(self.weight) / self.mean_weight if self.weight else F.lit(1.0)
        return (
            with_label(rows, self.label, self.classes)
            .withColumn(LABEL, scaled)
            .withColumn(WEIGHT, weight)
        )

    def for_fit(self, rows: DataFrame) -> DataFrame:
        """Return the rows with their weights in a fit, if some weigh more than others.

        Of several classes, their number is metadata, because a sample may lack some.
        """
        if self.is_weighted:
            weight = F.col(WEIGHT) * class_weight(self.class_weights)
            rows = rows.withColumn(FIT_WEIGHT, weight)
        if self.problem != MULTICLASS:
            return rows
        metadata = {"ml_attr": {"type": "nominal", "num_vals": len(self.classes)}}
        return rows.withMetadata(LABEL, metadata)

    def fit_weights(self, labels: Numbers, weights: Numbers) -> Numbers:
        """Return the weights of rows in a fit: their own, of mean 1, times their classes'."""
        own = weights / weights.mean()
        if not self.class_weights:
            return own
        return own * np.array([*self.class_weights.values()])[labels.astype(int)]

    @property
    def log_weights(self) -> Numbers:
        """How much the weights of classes raise each margin of a model."""
        if not self.class_weights:
            return np.zeros(1)
        logarithms = np.log([*self.class_weights.values()])
        return np.diff(logarithms) if self.problem == BINARY else logarithms

    def inverse_stages(self) -> list[Transformer]:
        """Return the stages from the estimator's output to a prediction in the label's terms."""
        match self.problem:
            case "binary":
                decode = SQLTransformer(statement=_as_prediction(ESTIMATED))
            case "multiclass":
                labels = list(self.classes)
                decode = IndexToString(inputCol=ESTIMATED, outputCol=PREDICTION, labels=labels)
            case _:
                number = f"{ESTIMATED} * {_sql_double(self.deviation)} + {_sql_double(self.mean)}"
                decode = SQLTransformer(statement=_as_prediction(number))
        return [decode]

    def scored(self, predicted: DataFrame) -> DataFrame:
        """Return the columns that `SCORES` needs, given encoded rows with a model's output."""
        match self.problem:
            case "binary":
                return predicted.select(
                    WEIGHT, F.col(LABEL).cast("int").alias("label"), positive_probability()
                )
            case "multiclass":
                return predicted.select(
                    WEIGHT,
                    F.col(LABEL).alias("label"),
                    F.col(ESTIMATED).alias("predicted"),
                    label_probability(F.col(LABEL).cast("int")),
                )
            case _:
                return predicted.select(
                    WEIGHT,
                    (F.col(LABEL) * self.deviation + self.mean).alias("label"),
                    (F.col(ESTIMATED) * self.deviation + self.mean).alias("predicted"),
                )


def apply_model(model: FittedPipeline, rows: DataFrame) -> DataFrame:
    """Return the rows with the model's prediction, and its probability if it has one.

    Models of earlier releases write them to columns of other names.
    """
    predicted = model.transform(rows)
    if PREDICTION in predicted.columns:
        return predicted
    return predicted.withColumnsRenamed(FORMER_NAMES)


def with_label(rows: DataFrame, label: Label, classes: Sequence[str] = ()) -> DataFrame:
    """Return the rows with `_label`, a double.

    Of a binary label it is 1 for the positive value, else 0; of a multiclass label the index in
    `classes`, null for any other class; of a numeric label the number.
    """
    value = quoted(label["column"])
    match problem_of(label):
        case "binary":
            number = value == label["positive"]
        case "multiclass":
            # positions start at 1, and 0 means that the value is not in the array
            position = F.array_position(F.array(*(F.lit(each) for each in classes)), value)
            number = F.when(position > 0, position - 1)
        case _:
            number = value
    return rows.withColumn(LABEL, number.cast("double"))


def binary_values(label: Label) -> tuple[str, str]:
    """Return what 0 and 1 stand for: several negative values are `not` and the positive one."""
    positive, negative = label["positive"], label["negative"] or []
    assert positive is not None, "the label is binary"
    return negative[0] if len(negative) == 1 else f"not {positive}", positive


def positive_probability() -> Column:
    """Return the `probability` of a binary label's positive value."""
    return vector_to_array(F.col(PROBABILITY))[1].alias("probability")


def label_probability(index: Column) -> Column:
    """Return the `label_probability`, of the class with that index; 0 if the index is null."""
    probability = F.get(vector_to_array(F.col(PROBABILITY)), index)
    return F.coalesce(probability, F.lit(0.0)).alias("label_probability")


def _as_prediction(expression: str) -> str:
    return f"SELECT *, {expression} AS {PREDICTION} FROM __THIS__"


def _sql_double(number: float) -> str:
    return f"CAST('{number!r}' AS DOUBLE)"
