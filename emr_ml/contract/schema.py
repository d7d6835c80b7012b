"""The sections of the contract, and the rules between them."""

from collections import Counter
from collections.abc import Sequence
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
from emr_ml.contract.columns import Column, NumberFormat
from emr_ml.contract.dialect import Dialect
from emr_ml.contract.model import ModelParams, check_class_weight, check_estimator, check_threshold
from emr_ml.wording import did_you_mean
from spark_jobs.contract import Kind, Problem
from spark_jobs.spelling import lower_case

Metric = Literal[
    "accuracy",
    "f1",
    "precision",
    "recall",
    "auc_roc",
    "auc_pr",
    "precision_at_recall_50",
    "precision_at_recall_80",
    "precision_at_recall_90",
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
        *("precision_at_recall_50", "precision_at_recall_80", "precision_at_recall_90"),
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


class Label(Section):
    """The column to predict, and the problem.

    Numeric: a regression. With `positive`: binary, that value against those in `negative`, or
    against all others. Otherwise multiclass: the values in `classes`, or all. A blank value is
    the class `blank`, if that is given.
    """

    column: ColumnName
    kind: Literal["categorical", "numeric"] = "categorical"
    positive: CellValue | None = None
    negative: tuple[CellValue, ...] | None = None
    classes: tuple[CellValue, ...] | None = None
    blank: Annotated[CellValue, Field(min_length=1)] | None = None
    fold_case: bool = False
    format: NumberFormat | None = None

    @property
    def problem(self) -> Problem:
        if self.kind == "numeric":
            return "regression"
        return "binary" if self.positive is not None else "multiclass"

    @property
    def class_names(self) -> tuple[str, ...]:
        """Return the names of the classes, as far as the contract has them.

        Several negative values are one class, without a name.
        """
        if self.positive is None:
            return self.classes or ()
        negative = self.negative or ()
        return (self.positive, *negative) if len(negative) == 1 else (self.positive,)

    @model_validator(mode="after")
    def _has_one_problem(self) -> Self:
        for key in ("positive", "negative", "classes", "blank"):
            if self.kind == "numeric" and getattr(self, key) is not None:
                raise error_at(f"a numeric label can't have `{key}`", key)
        if self.kind != "numeric" and self.format:
            raise error_at("only a numeric label has one", "format")
        if self.kind == "numeric" and self.fold_case:
            raise error_at("a numeric label has no case", "fold_case")
        given = (self.positive, *(self.negative or ()), *(self.classes or ()), self.blank)
        if self.fold_case and (upper := next((v for v in given if v and v != lower_case(v)), None)):
            raise error_at(f"with `fold_case`, '{upper}' must be in lower case", "fold_case")
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

    @model_validator(mode="after")
    def _blank_is_a_class(self) -> Self:
        values = (*(self.negative or ()), *(self.classes or ()))
        if self.blank is not None and values and self.blank not in (self.positive, *values):
            raise error_at(f"'{self.blank}' is not among the label's values", "blank")
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


class ShownRows(Section):
    """What the model's report shows of single rows: how many, and of which columns nothing."""

    worst_rows: int = Field(20, ge=0, le=100)
    hidden: tuple[ColumnName, ...] = ()


class PredictionColumns(Section):
    """What `predictions` tell of each row: the strongest reasons, at most so many."""

    reasons: int = Field(0, ge=0, le=20)


def _expand_kind(value: Any) -> Any:
    """Accept `age: numeric` for `age: {kind: numeric}`."""
    return {"kind": value} if isinstance(value, str) else value


class Contract(Section):
    """A data set: its files, columns, label, split and thresholds, and the model's parameters."""

    format: Literal["csv", "parquet", "jsonl"] = "csv"
    dialect: Dialect = Dialect()  # pyright: ignore[reportCallIssue] - all fields have defaults
    header_case: Literal["exact", "ignore"] = "exact"
    on_bad_file: Literal["stop", "skip"] = "stop"
    missing: tuple[CellValue, ...] = ("", "?", "NA")
    columns: dict[
        ColumnName,
        Annotated[Column, BeforeValidator(_expand_kind, json_schema_input_type=Kind | Column)],
    ] = Field(min_length=1)
    label: Label | None = None
    id: tuple[ColumnName, ...] = ()
    weight: ColumnName | None = None
    split: Split = Split()  # pyright: ignore[reportCallIssue] - all fields have defaults
    checks: Checks = Checks()  # pyright: ignore[reportCallIssue] - all fields have defaults
    promotion: Promotion = Promotion()  # pyright: ignore[reportCallIssue] - all have defaults
    predictions: PredictionColumns = PredictionColumns()  # pyright: ignore[reportCallIssue] - as above
    report: ShownRows = ShownRows()  # pyright: ignore[reportCallIssue] - all have defaults
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
        others = {*self.columns, *self.id, *([label.column] if label else [])}
        if self.weight in others:
            raise error_at(
                f"the weight '{self.weight}' is also among `columns` or `id`, or is the label: it "
                "can only be one of them",
                "weight",
            )
        named = [(name, ("columns", name)) for name in self.columns]
        named += [(name, ("id", str(index))) for index, name in enumerate(self.id)]
        named += [(label.column, ("label", "column"))] if label else []
        named += [(self.weight, ("weight",))] if self.weight is not None else []
        for name, path in named:
            if is_reserved(name):
                raise error_at(reserved_name_problem(name), *path)
        if self.checks.unique_id and not self.id:
            raise error_at("requires `id`", "checks", "unique_id")
        return self

    @model_validator(mode="after")
    def _hidden_columns_exist(self) -> Self:
        for index, name in enumerate(self.report.hidden):
            if name not in self.columns:
                hint = did_you_mean(name, self.columns)
                message = f"'{name}' is not among the columns to learn from{hint}"
                raise error_at(message, "report", "hidden", str(index))
        return self

    @model_validator(mode="after")
    def _marks_of_numbers_differ(self) -> Self:
        formats = [(("columns", name), column.format) for name, column in self.columns.items()]
        formats += [(("label",), self.label.format)] if self.label else []
        for path, given in formats:
            if isinstance(given, NumberFormat) and given.thousands == (
                given.decimal or self._decimal
            ):
                raise error_at(
                    f"'{given.thousands}' can't be the decimal mark, too: set another `decimal` "
                    "beside it",
                    *(*path, "format", "thousands"),
                )
        return self

    @model_validator(mode="after")
    def _values_are_not_missing(self) -> Self:
        if label := self.label:
            for key, values in {
                "positive": (label.positive,),
                "blank": (label.blank,),
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
    def _model_fits_the_label(self) -> Self:
        if self.label:
            check_estimator(self.model.estimator, self.label.problem)
            check_threshold(self.model.threshold, self.label.problem)
            check_class_weight(self.model.class_weight, self.label.problem, self.label.class_names)
        return self

    def pick(self, *fields: str) -> dict[str, Any]:
        """Return fields as JSON values, for a job to see and its version to depend on."""
        values = {name: self.model_dump(mode="json")[name] for name in fields}
        columns = [*values.get("columns", {}).values(), values.get("label") or {}]
        for column in columns:
            if isinstance(style := column.get("format"), dict):
                style["decimal"] = style["decimal"] or self._decimal
        return values

    def match_names(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the names of a file's header as the contract writes them.

        They differ if `header_case` is `ignore`, and only one of the header's names matches.
        """
        if self.header_case == "exact":
            return tuple(names)
        written = {name.casefold(): name for name in self.names}
        counts = Counter(name.casefold() for name in names)
        return tuple(
            written.get(name.casefold(), name) if counts[name.casefold()] == 1 else name
            for name in names
        )

    @property
    def _decimal(self) -> str:
        return self.dialect.decimal if self.format == "csv" else "."

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns that a file must have."""
        label = (self.label.column,) if self.label else ()
        weight = (self.weight,) if self.weight is not None else ()
        return tuple(dict.fromkeys((*self.columns, *label, *self.id, *weight)))


# what a job without a contract gets: no columns, and the defaults of all else
NO_CONTRACT = Contract.model_construct(columns={})
