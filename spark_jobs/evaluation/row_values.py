"""The values of a test row that are kept beside its prediction, to show where a model is wrong.

They are two structs. `values` has what people see: numbers, and short texts. `measures` has what
ranges are made of: numbers, the lengths of texts in characters, and times in seconds since 1970.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import quoted
from spark_jobs.contract import Kind, MeasuringContract

VALUES, MEASURES = "values", "measures"
MAX_COLUMNS = 50
CHARACTERS: Mapping[Kind, int] = {"text": 300, "categorical": 100}


@dataclass(frozen=True)
class RowValues:
    """The columns whose values are kept, by name."""

    kinds: Mapping[str, Kind]

    def columns(self) -> list[Column]:
        """Return the two structs, without one that would be empty."""
        values = [_value(name, kind).alias(name) for name, kind in self.kinds.items()]
        measures = [
            _measure(name, kind).alias(name)
            for name, kind in self.kinds.items()
            if kind != "categorical"
        ]
        return [
            F.struct(*fields).alias(name)
            for name, fields in ((VALUES, values), (MEASURES, measures))
            if fields
        ]


def row_values(rows: DataFrame, contract: MeasuringContract) -> RowValues:
    """Return which columns of the data set are kept: those that are learned from, if not hidden.

    Columns of the `id` identify a row, and are never kept. The data set may be older than the
    contract, so columns that it lacks are left out, and its types count. Texts come first, then
    categories, because only `MAX_COLUMNS` are kept.
    """
    left_out = {*contract["report"]["hidden"], *contract["id"], contract["label"]["column"]}
    kinds: dict[str, Kind] = {}
    for name, rules in contract["columns"].items():
        if name in rows.columns and name not in left_out:
            kinds[name] = _kind(rows.schema[name].dataType.typeName(), rules["kind"])
    order: tuple[Kind, ...] = ("text", "categorical", "numeric", "datetime")
    ranked = sorted(kinds.items(), key=lambda item: order.index(item[1]))
    kept = {name for name, _ in ranked[:MAX_COLUMNS]}
    return RowValues({name: kind for name, kind in kinds.items() if name in kept})


def _kind(stored: str, wanted: Kind) -> Kind:
    if stored == "string":
        return "text" if wanted == "text" else "categorical"
    return "datetime" if stored.startswith("timestamp") else "numeric"


def _value(name: str, kind: Kind) -> Column:
    if kind in CHARACTERS:
        return F.substring(quoted(name), 1, CHARACTERS[kind])
    return quoted(name).cast("string") if kind == "datetime" else quoted(name)


def _measure(name: str, kind: Kind) -> Column:
    match kind:
        case "text":
            return F.char_length(quoted(name)).cast("double")
        case "datetime":
            return quoted(name).cast("timestamp").cast("double")
        case _:
            return quoted(name)
