"""The sections of the contract, and the rules between them."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from emr_ml.contract.base import (
    CellValue,
    ColumnName,
    Section,
    error_at,
    is_reserved,
    reserved_name_problem,
)
from emr_ml.contract.dialect import Dialect
from emr_ml.contract.model import ModelParams, resolve_estimator
from spark_jobs.contract import Kind, Problem

Metric = Literal[
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
METRICS: dict[Problem, tuple[Metric, ...]] = {
    "binary": (
        *("accuracy", "f1", "precision", "recall", "auc_roc", "auc_pr", "log_loss", "brier"),
        "calibration_error",
    ),
    "multiclass": ("accuracy", "f1", "precision", "recall", "log_loss"),
    "regression": ("rmse", "mae", "r2"),
}


class Checks(Section):
    """Thresholds of the checks. Changing one only evaluates the checks again."""

    max_rejected_share: float = Field(0.05, ge=0, le=1)
    unique_id: bool = False
    max_shrink_share: float = Field(0.5, ge=0, le=1)
    max_null_share: float = Field(0.95, ge=0, le=1)
    max_duplicate_share: float = Field(0.5, ge=0, le=1)
    min_class_share: float = Field(0.01, ge=0, le=0.5)
    max_drift: float = Field(0.25, gt=0)
    max_feature_share: float = Field(0.95, ge=0, le=1)
    max_calibration_error: float = Field(0.1, ge=0, le=1)
    floors: dict[Metric, Annotated[float, Field(allow_inf_nan=False)]] = Field({})


class Column(Section):
    """A feature column and its rules: a row that breaks one is rejected.

    Args:
        min: lower bound of a number.
        max: upper bound of a number.
        allowed: the values of a category.
        pattern: a regular expression that a category or text must match as a whole.
    """

    kind: Kind
    required: bool = False
    min: float | None = Field(None, allow_inf_nan=False)
    max: float | None = Field(None, allow_inf_nan=False)
    allowed: tuple[CellValue, ...] | None = None
    pattern: str | None = None

    @model_validator(mode="after")
    def _rules_fit_the_kind(self) -> Self:
        rules = {
            "numeric": ("min", "max"),
            "categorical": ("allowed", "pattern"),
            "text": ("pattern",),
        }
        for rule in ("min", "max", "allowed", "pattern"):
            if getattr(self, rule) is not None and rule not in rules[self.kind]:
                raise error_at(f"a {self.kind} column can't have the rule `{rule}`", rule)
        if self.allowed == ():
            raise error_at("must list at least one value", "allowed")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise error_at(f"max, {self.max:g}, is less than min, {self.min:g}", "max")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            # the last two: a repeat count too large, brackets nested too deep
            except (re.error, OverflowError, RecursionError) as error:
                raise error_at(f"is not a regular expression: {error}", "pattern") from error
        return self


class Label(Section):
    """The column to predict, and the problem.

    Numeric: a regression. With `positive`: binary, that value against those in `negative`, or
    against all others. Otherwise multiclass: the values in `classes`, or all.
    """

    column: ColumnName
    kind: Literal["categorical", "numeric"] = "categorical"
    positive: CellValue | None = None
    negative: tuple[CellValue, ...] | None = None
    classes: tuple[CellValue, ...] | None = None

    @property
    def problem(self) -> Problem:
        if self.kind == "numeric":
            return "regression"
        return "binary" if self.positive is not None else "multiclass"

    @model_validator(mode="after")
    def _has_one_problem(self) -> Self:
        for key in ("positive", "negative", "classes"):
            if self.kind == "numeric" and getattr(self, key) is not None:
                raise error_at(f"a numeric label can't have `{key}`", key)
        if self.negative == ():
            raise error_at("must list at least one value", "negative")
        if self.classes is not None and len(set(self.classes)) < 2:
            raise error_at("must list at least two different classes", "classes")
        if self.positive is None and self.negative is not None:
            raise error_at("`negative` requires `positive`", "negative")
        if self.positive is not None and self.classes is not None:
            raise error_at(
                "must have either `positive`, for two classes, or `classes`, for more", "classes"
            )
        return self


class Split(Section):
    """Percentages of the rows; the rest are for testing."""

    train: int = Field(64, ge=1, le=98)
    validation: int = Field(16, ge=1, le=98)

    @model_validator(mode="after")
    def _leaves_test_rows(self) -> Self:
        if self.train + self.validation > 99:
            raise ValueError("train and validation must leave at least 1 percent for testing")
        return self


class Promotion(Section):
    """When a model becomes the champion. Changing it only repeats that comparison."""

    min_improvement: float = Field(0.0, ge=0, allow_inf_nan=False)
    confidence: float = Field(0.95, ge=0.5, le=0.99)


def _expand_kind(value: Any) -> Any:
    """Accept `age: numeric` for `age: {kind: numeric}`."""
    return {"kind": value} if isinstance(value, str) else value


class Contract(Section):
    """A data set: its files, columns, label, split and thresholds, and the model's parameters."""

    format: Literal["csv", "parquet"] = "csv"
    dialect: Dialect = Dialect()  # pyright: ignore[reportCallIssue] - all fields have defaults
    missing: tuple[CellValue, ...] = ("", "?", "NA")
    columns: dict[ColumnName, Annotated[Column, BeforeValidator(_expand_kind)]] = Field(
        min_length=1
    )
    label: Label | None = None
    id: tuple[ColumnName, ...] = ()
    split: Split = Split()  # pyright: ignore[reportCallIssue] - all fields have defaults
    checks: Checks = Checks()  # pyright: ignore[reportCallIssue] - all fields have defaults
    promotion: Promotion = Promotion()  # pyright: ignore[reportCallIssue] - all have defaults
    model: ModelParams = ModelParams()  # pyright: ignore[reportCallIssue] - all have defaults

    @model_validator(mode="after")
    def _names_are_consistent(self) -> Self:
        label = self.label
        if label and label.column in self.columns:
            raise error_at(
                f"the label '{label.column}' is among the columns to learn from: remove it here",
                "columns",
                label.column,
            )
        named = [(name, ("columns", name)) for name in self.columns]
        named += [(name, ("id", str(index))) for index, name in enumerate(self.id)]
        named += [(label.column, ("label", "column"))] if label else []
        for name, path in named:
            if is_reserved(name):
                raise error_at(reserved_name_problem(name), *path)
        if self.checks.unique_id and not self.id:
            raise error_at("requires `id`", "checks", "unique_id")
        return self

    @model_validator(mode="after")
    def _values_are_not_missing(self) -> Self:
        if label := self.label:
            positive = (label.positive,) if label.positive is not None else ()
            for key, values in {
                "positive": positive,
                "negative": label.negative or (),
                "classes": label.classes or (),
            }.items():
                for value in values:
                    if value in self.missing:
                        raise error_at(f"'{value}' is also in `missing`", "label", key)
            if label.positive in (label.negative or ()):
                raise error_at(f"'{label.positive}' is also in `negative`", "label", "positive")
        for name, column in self.columns.items():
            for value in column.allowed or ():
                if value in self.missing:
                    raise error_at(f"'{value}' is also in `missing`", "columns", name, "allowed")
        return self

    @model_validator(mode="after")
    def _floors_fit_the_label(self) -> Self:
        if self.label:
            metrics = METRICS[self.label.problem]
            for name in self.checks.floors:
                if name not in metrics:
                    raise error_at(
                        f"a {self.label.problem} model has no {name}; it has {', '.join(metrics)}",
                        *("checks", "floors", name),
                    )
        return self

    @model_validator(mode="after")
    def _estimator_fits_the_label(self) -> Self:
        if self.label:
            resolve_estimator(self.model.estimator, self.label.problem)
        return self

    def pick(self, *fields: str) -> dict[str, Any]:
        """Return fields as JSON values, for a job to see and its version to depend on."""
        return {name: self.model_dump(mode="json")[name] for name in fields}

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns that a file must have."""
        label = (self.label.column,) if self.label else ()
        return tuple(dict.fromkeys((*self.columns, *label, *self.id)))


# what a job without a contract gets: no columns, and the defaults of all else
NO_CONTRACT = Contract.model_construct(columns={})
