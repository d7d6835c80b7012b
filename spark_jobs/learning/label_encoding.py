"""The label as the number that a model is fitted on, and the stages that decode predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pyspark.ml import PipelineModel, Transformer
from pyspark.ml.feature import IndexToString, SQLTransformer
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import LABEL, quoted
from spark_jobs.contract import MULTICLASS, REGRESSION, Label, Problem, problem_of

# a user's column may have one of MLlib's default names
PREDICTION, PROBABILITY = "__prediction", "__probability"
ESTIMATED, RAW_PREDICTION = "__predicted", "__raw_prediction"
FORMER_NAMES = {"prediction": PREDICTION, "probability": PROBABILITY}


@dataclass(frozen=True)
class LabelEncoding:
    """How the label becomes a number, fitted on the training split.

    Of a multiclass label, `classes` are those that can be predicted. A numeric label is fitted as
    its distance from `mean` in units of `deviation`, so that its unit does not matter.
    """

    label: Label
    classes: Sequence[str] = ()
    mean: float = 0.0
    deviation: float = 1.0

    @property
    def problem(self) -> Problem:
        return problem_of(self.label)

    @property
    def selection_metric(self) -> Literal["log_loss", "rmse"]:
        """The score that chooses among candidates; lower is better."""
        return "rmse" if self.problem == REGRESSION else "log_loss"

    def encode(self, rows: DataFrame) -> DataFrame:
        """Return the rows with `_label` to fit on; null if the class can't be predicted."""
        scaled = (F.col(LABEL) - self.mean) / self.deviation
        return with_label(rows, self.label, self.classes).withColumn(LABEL, scaled)

    def with_class_count(self, rows: DataFrame) -> DataFrame:
        """Return the rows with the number of classes as metadata: a sample may lack some."""
        if self.problem != MULTICLASS:
            return rows
        metadata = {"ml_attr": {"type": "nominal", "num_vals": len(self.classes)}}
        return rows.withMetadata(LABEL, metadata)

    def inverse_stages(self) -> list[Transformer]:
        """Return the stages from the estimator's output to a prediction in the label's terms."""
        match self.problem:
            case "binary":
                return [SQLTransformer(statement=_as_prediction(ESTIMATED))]
            case "multiclass":
                labels = list(self.classes)
                return [IndexToString(inputCol=ESTIMATED, outputCol=PREDICTION, labels=labels)]
            case _:
                number = f"{ESTIMATED} * {_sql_double(self.deviation)} + {_sql_double(self.mean)}"
                return [SQLTransformer(statement=_as_prediction(number))]

    def scored(self, predicted: DataFrame) -> DataFrame:
        """Return the columns that `SCORES` needs, given encoded rows with an estimator's output."""
        match self.problem:
            case "binary":
                return predicted.select(
                    F.col(LABEL).cast("int").alias("label"), positive_probability()
                )
            case "multiclass":
                return predicted.select(
                    F.col(LABEL).alias("label"),
                    F.col(ESTIMATED).alias("predicted"),
                    label_probability(F.col(LABEL).cast("int")),
                )
            case _:
                return predicted.select(
                    (F.col(LABEL) * self.deviation + self.mean).alias("label"),
                    (F.col(ESTIMATED) * self.deviation + self.mean).alias("predicted"),
                )


def apply_model(model: PipelineModel, rows: DataFrame) -> DataFrame:
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
