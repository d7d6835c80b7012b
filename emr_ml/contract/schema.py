"""By which thresholds facts are judged."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from emr_ml.contract.dialect import Dialect
from emr_ml.contract.model import ModelParams
from emr_ml.contract.part import Name, Part, Value, mistake
from spark_jobs.columns import RESERVED

Problem = Literal["binary", "multiclass", "regression"]
Figure = Literal[
    "accuracy",
    "f1",
    "precision",
    "recall",
    "auc_roc",
    "auc_pr",
    "log_loss",
    "brier",
    "calibration_error",
    "rmse",
    "mae",
    "r2",
]
# the figures that a label's models have
FIGURES: dict[Problem, tuple[Figure, ...]] = {
    "binary": (
        *("accuracy", "f1", "precision", "recall", "auc_roc", "auc_pr", "log_loss", "brier"),
        "calibration_error",
    ),
    "multiclass": ("accuracy", "f1", "precision", "recall", "log_loss"),
    "regression": ("rmse", "mae", "r2"),
}


class Checks(Part):
    """Thresholds. Changing one judges anew and recomputes nothing."""

    max_rejected_share: float = Field(0.05, ge=0, le=1)
    unique_id: bool = False
    max_shrink_share: float = Field(0.5, ge=0, le=1)
    max_null_share: float = Field(0.95, ge=0, le=1)
    max_duplicate_share: float = Field(0.5, ge=0, le=1)
    min_class_share: float = Field(0.01, ge=0, le=0.5)
    max_drift: float = Field(0.25, gt=0)
    max_feature_share: float = Field(0.95, ge=0, le=1)
    max_calibration_error: float = Field(0.1, ge=0, le=1)
    floors: dict[Figure, Annotated[float, Field(allow_inf_nan=False)]] = Field({})


class Column(Part):
    """One feature column, and its rules: a row that breaks one is rejected.

    `min` and `max` bound a number, `allowed` lists the values of a category, `pattern` is a
    regular expression that the whole of a category or text matches.
    """

    kind: Literal["numeric", "categorical", "text"]
    required: bool = False
    min: float | None = Field(None, allow_inf_nan=False)
    max: float | None = Field(None, allow_inf_nan=False)
    allowed: tuple[Value, ...] | None = None
    pattern: str | None = None

    @model_validator(mode="after")
    def _rules_fit_the_kind(self) -> Self:
        fitting = {
            "numeric": ("min", "max"),
            "categorical": ("allowed", "pattern"),
            "text": ("pattern",),
        }
        for rule in ("min", "max", "allowed", "pattern"):
            if getattr(self, rule) is not None and rule not in fitting[self.kind]:
                raise mistake(f"a {self.kind} column has no rule `{rule}`", rule)
        if self.allowed == ():
            raise mistake("names no value", "allowed")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise mistake(f"no number is at least {self.min:g} and at most {self.max:g}", "max")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            # too large a number, or too many brackets in each other
            except (re.error, OverflowError, RecursionError) as error:
                raise mistake(f"is no regular expression: {error}", "pattern") from error
        return self


class Label(Part):
    """The column to predict.

    With `positive`, a classification of two: that value against all others, or, where `negative`
    lists them, against those alone. Without, a classification of all values, or of those in
    `classes`. `kind: numeric` makes it a regression.
    """

    column: Name
    kind: Literal["categorical", "numeric"] = "categorical"
    positive: Value | None = None
    negative: tuple[Value, ...] | None = None
    classes: tuple[Value, ...] | None = None

    @property
    def problem(self) -> Problem:
        if self.kind == "numeric":
            return "regression"
        return "binary" if self.positive is not None else "multiclass"

    @model_validator(mode="after")
    def _one_problem(self) -> Self:
        for key in ("positive", "negative", "classes"):
            if self.kind == "numeric" and getattr(self, key) is not None:
                raise mistake(f"a numeric label has no `{key}`", key)
        if self.negative == ():
            raise mistake("names no value", "negative")
        if self.classes is not None and len(set(self.classes)) < 2:
            raise mistake("names fewer than two classes", "classes")
        if self.positive is None and self.negative is not None:
            raise mistake("`negative` is of use only beside `positive`", "negative")
        if self.positive is not None and self.classes is not None:
            raise mistake(
                "is either of two classes, `positive` and `negative`, or of many, `classes`",
                "classes",
            )
        return self


class Split(Part):
    """Percent of the rows; the rest is the test side."""

    train: int = Field(64, ge=1, le=98)
    validation: int = Field(16, ge=1, le=98)

    @model_validator(mode="after")
    def _leaves_a_test_side(self) -> Self:
        if self.train + self.validation > 99:
            raise ValueError("train and validation must leave at least 1 percent to test")
        return self


class Promotion(Part):
    """When a model takes the champion's place. Changing it judges anew and recomputes nothing."""

    min_improvement: float = Field(0.0, ge=0, allow_inf_nan=False)
    confidence: float = Field(0.95, ge=0.5, le=0.99)


def _short_column(value: Any) -> Any:
    """`age: numeric` is short for `age: {kind: numeric}`."""
    return {"kind": value} if isinstance(value, str) else value


class Contract(Part):
    """A data set: its files, columns, label, split, thresholds, and the model's parameters."""

    format: Literal["csv", "parquet"] = "csv"
    dialect: Dialect = Dialect()  # pyright: ignore[reportCallIssue] - all fields have defaults
    missing: tuple[Value, ...] = ("", "?", "NA")
    columns: dict[Name, Annotated[Column, BeforeValidator(_short_column)]] = Field(min_length=1)
    label: Label | None = None
    id: tuple[Name, ...] = ()
    split: Split = Split()  # pyright: ignore[reportCallIssue] - all fields have defaults
    checks: Checks = Checks()  # pyright: ignore[reportCallIssue] - all fields have defaults
    promotion: Promotion = Promotion()  # pyright: ignore[reportCallIssue] - all have defaults
    model: ModelParams = ModelParams()  # pyright: ignore[reportCallIssue] - all have defaults

    @model_validator(mode="after")
    def _names_fit_together(self) -> Self:
        label = self.label
        if label and label.column in self.columns:
            raise mistake(
                f"the label '{label.column}' is among the columns to learn from: remove it there",
                "columns",
                label.column,
            )
        named = [(name, ("columns", name)) for name in self.columns]
        named += [(name, ("id", str(index))) for index, name in enumerate(self.id)]
        named += [(label.column, ("label", "column"))] if label else []
        for name, place in named:
            if name in RESERVED or name.startswith("__"):
                raise mistake(f"'{name}' is a name that the jobs use: rename the column", *place)
        if self.checks.unique_id and not self.id:
            raise mistake("needs the columns of the `id`", "checks", "unique_id")
        return self

    @model_validator(mode="after")
    def _values_fit_together(self) -> Self:
        if label := self.label:
            positive = (label.positive,) if label.positive is not None else ()
            for key, values in {
                "positive": positive,
                "negative": label.negative or (),
                "classes": label.classes or (),
            }.items():
                for value in values:
                    if value in self.missing:
                        raise mistake(f"'{value}' is among `missing`, too", "label", key)
            if label.positive in (label.negative or ()):
                raise mistake(f"'{label.positive}' is among `negative`, too", "label", "positive")
        for name, column in self.columns.items():
            for value in column.allowed or ():
                if value in self.missing:
                    raise mistake(f"'{value}' is among `missing`, too", "columns", name, "allowed")
        return self

    @model_validator(mode="after")
    def _floors_fit_the_label(self) -> Self:
        if self.label:
            known = FIGURES[self.label.problem]
            for name in self.checks.floors:
                if name not in known:
                    raise mistake(
                        f"models of this label have no {name}; they have {', '.join(known)}",
                        *("checks", "floors", name),
                    )
        return self

    @model_validator(mode="after")
    def _estimator_fits_the_label(self) -> Self:
        if self.label:
            estimator_of(self.model.estimator, self.label)
        return self

    def pick(self, *fields: str) -> dict[str, Any]:
        """Those fields as JSON values: what a job sees of the contract, and what versions it."""
        return {name: self.model_dump(mode="json")[name] for name in fields}

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that a file must have."""
        label = (self.label.column,) if self.label else ()
        return tuple(dict.fromkeys((*self.columns, *label, *self.id)))


def estimator_of(named: str, label: Label) -> str:
    """What is fitted to that label; PydanticCustomError if what is named can't learn it."""
    numeric = label.problem == "regression"
    if named == "auto":
        return "linear_regression" if numeric else "logistic_regression"
    if named == "linear_regression" and not numeric:
        raise mistake(
            "linear_regression needs a numeric label: set `kind: numeric` under `label`, or take "
            "logistic_regression",
            "model",
            "estimator",
        )
    if named == "logistic_regression" and numeric:
        raise mistake(
            "logistic_regression needs classes, but the label is numeric: take "
            "linear_regression or random_forest",
            "model",
            "estimator",
        )
    return named
