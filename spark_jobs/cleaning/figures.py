"""The figures that jobs report about a table, and about the rows and columns it was made from.

A key that is not required is missing from reports of earlier releases, or does not apply.
"""

from typing import NotRequired, TypedDict

from spark_jobs.contract import Kind


class ColumnSummary(TypedDict):
    """`missing` counts rows; `min`, `max` and `mean` are those of a numeric column.

    `first` and `last` are those of a column of dates or times, as texts. All are null where the
    column has no value, or where they are not finite.
    """

    missing: int
    min: NotRequired[float | None]
    max: NotRequired[float | None]
    mean: NotRequired[float | None]
    first: NotRequired[str | None]
    last: NotRequired[str | None]


class NumberSummary(TypedDict):
    """The range of a column of numbers; null where it has no value."""

    min: float | None
    max: float | None
    mean: float | None


class Distribution(TypedDict):
    """How the values of a column are distributed in a sample of `rows` rows.

    Either `values` counts the rows of each of the most frequent values and `other` the rows of
    all others, or `quantiles` has 51 evenly spaced quantiles, the least and the greatest included.
    Dates and times have neither: later rows always have later ones.
    """

    kind: Kind
    rows: int
    missing: int
    values: NotRequired[dict[str, int]]
    other: NotRequired[int]
    quantiles: NotRequired[list[float]]


class Duplicates(TypedDict):
    """Rows that equal an earlier one, and rows that have its id; null if the contract has none."""

    rows: int
    ids: int | None


class LabelSummary(TypedDict, total=False):
    """The label of the kept rows.

    Of a binary label, the rows that are `positive` and all `other` rows, and under `negative` the
    rows of each negative value if there are several. Of a multiclass label, the rows of each
    class, most frequent first. Of a numeric label `min`, `max` and `mean`.
    """

    positive: int
    other: int
    negative: dict[str, int]
    classes: dict[str, int]
    min: float | None
    max: float | None
    mean: float | None


class PartFigures(TypedDict):
    """The figures in a `part.json`: of the kept rows, and the rows that broke each rule."""

    columns: dict[str, ColumnSummary]
    rules: dict[str, int]


class TableFigures(TypedDict):
    """What is reported of every table: its rows, its Spark type by column, and broken rules."""

    table_rows: int
    schema: dict[str, str]
    rules: NotRequired[dict[str, int]]


class BatchFigures(TypedDict):
    """The figures of a version that is made of parts.

    `files_read` and `bytes_read` are what this attempt read from the source.
    """

    table_rows: int
    rules: dict[str, int]
    files_read: int
    bytes_read: int


class DatasetFigures(TableFigures):
    """The figures of `processed_dataset`."""

    files_read: NotRequired[int]
    bytes_read: NotRequired[int]
    columns: NotRequired[dict[str, ColumnSummary]]
    label: NotRequired[LabelSummary | None]
    duplicates: NotRequired[Duplicates]
    distributions: NotRequired[dict[str, Distribution]]


class PredictionFigures(TableFigures):
    """The figures of `predictions`: rows by predicted value, or the range of predicted numbers."""

    files_read: NotRequired[int]
    bytes_read: NotRequired[int]
    predicted: dict[str, int] | NumberSummary
