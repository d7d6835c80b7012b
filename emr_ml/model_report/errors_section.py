"""Where the model is wrong: its confusion, slices, and worst rows, as texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emr_ml.model_report.charts import confusion_cells
from emr_ml.model_report.facts import ModelFacts
from emr_ml.model_report.verdict import NOTABLE_DEVIATIONS, Status, negative_name, positive_name
from emr_ml.model_report.wording import MISSING, number, percent
from emr_ml.wording import shorten
from spark_jobs.evaluation.figures import ColumnSlices, MetricsFigures, Slice, WorstRow

LABEL_CHARACTERS = 24
SHOWN_COLUMNS = 5  # of a worst row; the others are behind a click
VALUE_CHARACTERS = 160


@dataclass(frozen=True)
class Cell:
    """Rows of a label that are predicted as one class, and their share of the label's rows."""

    count: int
    share: float


@dataclass(frozen=True)
class Confusion:
    """The table of labels and predictions."""

    predicted: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]
    note: str


@dataclass(frozen=True)
class SliceRow:
    """A slice; `mark` says whether it is worse or better than the others by more than chance."""

    value: str
    rows: str
    error: str
    others: Sequence[str]
    status: Status
    mark: str


@dataclass(frozen=True)
class SlicedColumn:
    """The slices by one column."""

    name: str
    error_name: str
    others: Sequence[str]
    slices: Sequence[SliceRow]

    @property
    def is_notable(self) -> bool:
        """Whether a slice differs from the other rows by more than chance."""
        return any(each.mark for each in self.slices)


@dataclass(frozen=True)
class ShownRow:
    """A row of great loss: the cells of the table, whether it is wrong, and all its values."""

    cells: Sequence[str]
    mark: str
    values: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class WorstRows:
    """The table of the rows of greatest loss; `numeric` are indices of columns of numbers."""

    titles: Sequence[str] = ()
    numeric: Sequence[int] = ()
    rows: Sequence[ShownRow] = field(default_factory=tuple[ShownRow, ...])


def confusion(facts: ModelFacts) -> Confusion | None:
    """Return the confusion of a classification."""
    figures = facts.figures
    if figures["problem"] == "regression":
        return None
    cells, labels = confusion_cells(figures, (negative_name(facts), positive_name(facts)))
    names = [shorten(label, LABEL_CHARACTERS) for label in labels]
    rows = [
        (name, [Cell(count, count / (sum(row) or 1)) for count in row])
        for name, row in zip(names, cells, strict=True)
    ]
    left_out = figures["test_rows"] - sum(map(sum, cells))
    note = f" {left_out:,} rows of rarer classes are left out." if left_out else ""
    return Confusion(names, rows, note)


def slices(figures: MetricsFigures) -> list[SlicedColumn]:
    """Return the slices, those of the column with the largest gap first."""
    return [_sliced(column, figures) for column in figures.get("slices", [])]


def _sliced(column: ColumnSlices, figures: MetricsFigures) -> SlicedColumn:
    name = f"{column['column']} (length)" if column["kind"] == "text" else column["column"]
    return SlicedColumn(
        shorten(name),
        "off by" if figures["problem"] == "regression" else "wrong",
        _others(figures),
        [_slice_row(each, figures) for each in column["slices"]],
    )


def _others(figures: MetricsFigures) -> tuple[str, ...]:
    match figures["problem"]:
        case "binary":
            return "precision", "recall"
        case "regression":
            return ("mean error",)
        case _:
            return ()


def _slice_row(part: Slice, figures: MetricsFigures) -> SliceRow:
    worse = part["deviations"] >= NOTABLE_DEVIATIONS
    better = part["deviations"] <= -NOTABLE_DEVIATIONS
    if figures["problem"] == "regression":
        error, others = number(part["error"]), [number(part.get("bias"))]
    else:
        error = percent(part["error"])
        others = [percent(part.get(name)) for name in _others(figures)]
    return SliceRow(
        "missing" if part["value"] is None else shorten(part["value"]),
        f"{part['rows']:,}",
        error,
        others,
        "bad" if worse else "good",
        "worse" if worse else "better" if better else "",
    )


def worst_rows(facts: ModelFacts) -> WorstRows:
    """Return the rows of greatest loss with the values of the columns that matter most."""
    found = facts.figures.get("worst_rows", [])
    if not found:
        return WorstRows()
    columns = _prominent_columns(facts, found[0]["values"])
    own, of_numbers = _prediction_titles(facts)
    numeric = [index for index, name in enumerate(own) if name in of_numbers]
    numeric += [
        len(own) + index
        for index, name in enumerate(columns)
        if all(isinstance(row["values"].get(name), float | None) for row in found)
    ]
    are_classes = facts.figures["problem"] != "regression"
    rows = [
        ShownRow(
            [*_prediction(facts, row), *(_value(row["values"].get(name)) for name in columns)],
            "wrong" if are_classes and row["label"] != row["predicted"] else "",
            [("row", row["id"]), *((name, _value(value)) for name, value in row["values"].items())],
        )
        for row in found
    ]
    return WorstRows((*own, *columns, "", ""), numeric, rows)


def _prominent_columns(facts: ModelFacts, values: Mapping[str, Any]) -> list[str]:
    """Return texts, then the columns with the strongest features, then others."""
    kinds = {name: rules["kind"] for name, rules in facts.contract.get("columns", {}).items()}
    figures = facts.model_figures
    strongest = sorted(
        (figures or {}).get("strongest", []), key=lambda feature: -abs(feature["weight"])
    )
    names = [name for name in values if kinds.get(name) == "text"]
    names += [
        name
        for feature in strongest
        for name in values
        if feature["feature"].partition("=")[0].partition(": ")[0] == name
    ]
    return list(dict.fromkeys([*names, *values]))[:SHOWN_COLUMNS]


def _prediction_titles(facts: ModelFacts) -> tuple[list[str], set[str]]:
    """Return the titles of what was predicted, and which of them are numbers."""
    column = shorten(str((facts.label or {}).get("column") or "label"))
    if facts.figures["problem"] == "regression":
        return [column, "predicted", "off by"], {column, "predicted", "off by"}
    if facts.figures["problem"] == "binary":
        chance = f"chance of {shorten(positive_name(facts), LABEL_CHARACTERS)}"
        return [column, "predicted", chance], {chance}
    return [column, "predicted", "with a chance of"], {"with a chance of"}


def _prediction(facts: ModelFacts, row: WorstRow) -> list[str]:
    label, predicted = row["label"], row["predicted"]
    match facts.figures["problem"]:
        case "regression":
            assert isinstance(label, float), "a label to be measured is a number"
            assert isinstance(predicted, float), "so is its prediction"
            return [number(label), number(predicted), number(predicted - label)]
        case "binary":
            names = (negative_name(facts), positive_name(facts))
            shown = [
                shorten(names[int(each or 0)], LABEL_CHARACTERS) for each in (label, predicted)
            ]
        case _:
            shown = [shorten(str(each), LABEL_CHARACTERS) for each in (label, predicted)]
    return [*shown, percent(row.get("probability"))]


def _value(value: str | float | None) -> str:
    if value is None:
        return MISSING
    if isinstance(value, str):
        return shorten(" ".join(value.split()), VALUE_CHARACTERS)
    return number(value)
