"""The fields of a contract that jobs use, as JSON values with every default filled in.

`emr_ml.contract` validates them. A job sees only those that are part of its version.
"""

from collections.abc import Mapping
from typing import Literal, TypedDict

Problem = Literal["binary", "multiclass", "regression"]
BINARY: Literal["binary"] = "binary"
MULTICLASS: Literal["multiclass"] = "multiclass"
REGRESSION: Literal["regression"] = "regression"

Kind = Literal["numeric", "categorical", "text"]

MAX_CLASSES = 1000  # of a label: more can't be learned, and are not counted one by one


class Dialect(TypedDict):
    """How the CSV files are written.

    `quote` and `escape` are one character each, or empty. `header` is true, or the names of the
    columns where files have no header.
    """

    delimiter: str
    quote: str
    escape: str
    encoding: str
    header: Literal[True] | list[str]
    decimal: Literal[".", ","]
    multiline: bool
    trim: bool
    max_record_bytes: int


class ColumnRules(TypedDict):
    """The kind of a column, and the rules that its values must fit."""

    kind: Kind
    required: bool
    min: float | None
    max: float | None
    allowed: list[str] | None
    pattern: str | None


class Label(TypedDict):
    """The column to predict. A label with `positive` is binary, a numeric one is a regression."""

    column: str
    kind: Literal["categorical", "numeric"]
    positive: str | None
    negative: list[str] | None
    classes: list[str] | None


class Split(TypedDict):
    """Percentages of the rows for training and validation; the rest is for the test."""

    train: int
    validation: int


class DatasetContract(TypedDict):
    """The fields for reading, typing and cleaning raw files."""

    format: Literal["csv", "parquet"]
    dialect: Dialect
    missing: list[str]
    columns: dict[str, ColumnRules]
    label: Label | None
    id: list[str]


class TrainingContract(TypedDict):
    """The fields for training a model."""

    columns: dict[str, ColumnRules]
    label: Label | None
    split: Split


class ScoringContract(TypedDict):
    """The fields for scoring and measuring a model on the test split."""

    label: Label
    split: Split


def column_kinds(columns: Mapping[str, ColumnRules], label: Label | None = None) -> dict[str, Kind]:
    """Return the kind of each column, the label's last if it is given."""
    kinds: dict[str, Kind] = {name: rules["kind"] for name, rules in columns.items()}
    if label:
        kinds[label["column"]] = label["kind"]
    return kinds


def problem_of(label: Label) -> Problem:
    """Return the kind of problem that predicting the label is."""
    if label["kind"] == "numeric":
        return REGRESSION
    return BINARY if label["positive"] is not None else MULTICLASS
