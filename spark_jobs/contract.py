"""The fields of a contract that jobs use, as JSON values with every default filled in.

`emr_ml.contract` validates them. A job sees only those that are part of its version.
"""

from collections.abc import Mapping
from typing import Literal, TypedDict

Problem = Literal["binary", "multiclass", "regression"]
BINARY: Literal["binary"] = "binary"
MULTICLASS: Literal["multiclass"] = "multiclass"
REGRESSION: Literal["regression"] = "regression"

Kind = Literal["numeric", "categorical", "text", "datetime"]
DatetimePart = Literal["elapsed", "hour", "weekday", "month"]

MAX_CLASSES = 1000  # of a label: more can't be learned, and are not counted one by one


class Dialect(TypedDict):
    """How the CSV files are written.

    `quote`, `escape` and `comment` are one character each, or empty. `header` is true, or the
    names of the columns where files have no header. `skip_lines` counts lines at the beginning of
    a file, `skip_below_header` records after the header, `skip_last_lines` records at the end.
    With `trailing_delimiter`, a record may end in a delimiter.
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
    comment: str
    skip_lines: int
    skip_below_header: int
    skip_last_lines: int
    trailing_delimiter: bool


class NumberFormat(TypedDict):
    """How the numbers of a column are written.

    `decimal` and `thousands` are marks; a `unit` may stand before or after a number. With
    `accounting`, `(5)` and `5-` are -5; with `fractions`, `3/4` is a number; with `limits`, `<5` is
    5. `multiples` are what may stand behind a number, in any case, and by what it is multiplied.
    A `duration` is read as seconds, see `spark_jobs.spelling.DURATIONS`; null for other numbers.
    """

    decimal: str
    thousands: str
    unit: str
    accounting: bool
    fractions: bool
    limits: bool
    multiples: dict[str, float]
    duration: Literal["h:mm", "m:ss", "units"] | None


class ColumnRules(TypedDict):
    """The kind of a column, how its values are written, and the rules that they must fit.

    The `format` of a numeric column is null for plain numbers. That of a datetime column is
    Spark's pattern, or null for ISO 8601; names of months are in the `language`, null for English,
    and years of two digits are of the hundred years from `first_year`. Times with an offset are
    converted to the `zone`; the `parts` of a time are learned from. With `fold_case`, texts are in
    lower case. Categories that are `hashed` share that many features.
    """

    kind: Kind
    required: bool
    min: float | None
    max: float | None
    allowed: list[str] | None
    pattern: str | None
    fold_case: bool
    hashed: int | None
    format: NumberFormat | str | None
    language: str | None
    first_year: int
    zone: str
    parts: list[DatetimePart]


class Label(TypedDict):
    """The column to predict. A label with `positive` is binary, a numeric one is a regression.

    A value that is blank is `blank`, or missing if that is null. `fold_case` and `format` are as
    those of a column.
    """

    column: str
    kind: Literal["categorical", "numeric"]
    positive: str | None
    negative: list[str] | None
    classes: list[str] | None
    blank: str | None
    fold_case: bool
    format: NumberFormat | None


class Split(TypedDict):
    """Percentages of the rows for training and validation; the rest is for the test."""

    train: int
    validation: int


class DatasetContract(TypedDict):
    """The fields for reading, typing and cleaning raw files; `weight` is a column, or null."""

    format: Literal["csv", "parquet", "jsonl"]
    dialect: Dialect
    missing: list[str]
    columns: dict[str, ColumnRules]
    label: Label | None
    id: list[str]
    weight: str | None


class TrainingContract(TypedDict):
    """The fields for training a model; `weight` is the column of the rows' weights, or null."""

    columns: dict[str, ColumnRules]
    label: Label | None
    weight: str | None
    split: Split


class ScoringContract(TypedDict):
    """The fields for scoring and measuring a model on the test split."""

    label: Label
    split: Split


class PredictionColumns(TypedDict):
    """What predictions tell of each row: the most `reasons`, 0 for none."""

    reasons: int


class PredictionContract(DatasetContract):
    """The fields for scoring rows that have no label."""

    predictions: PredictionColumns


class ShownRows(TypedDict):
    """How many rows the report shows, and the columns whose values it shows nowhere."""

    worst_rows: int
    hidden: list[str]


class MeasuringContract(ScoringContract):
    """The fields for the metrics, which show where a model is wrong."""

    columns: dict[str, ColumnRules]
    id: list[str]
    report: ShownRows


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
