"""How the values of each column are distributed, in a sample that no order of files changes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import quoted
from spark_jobs.names import ROW_ID

SAMPLED_ROWS = 20_000  # about as many, or all if there are fewer
SAMPLED_CELLS = 2_000_000  # fewer rows if there are many columns
LISTED = 50  # values that are counted one by one
STEPS = 50  # from the least number to the greatest
CHARACTERS = 100  # that tell one category from another


def distributions(
    kept: DataFrame, rows: int, contract: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """How the values of each column of the contract are distributed, the label's too.

    Of each column: its `kind`, the `rows` that were looked at, how many of them are `missing`,
    and either `values` (how often each occurs, the commonest 50) and `other` (how many have none
    of these), or, of a number with more values and of a text's number of characters,
    `quantiles`: 51 from the least to the greatest.

    Which rows are looked at depends on their ids and on how many there are, on nothing else.

    Args:
        kept: rows with the columns of the contract and `row_id`.
        rows: how many.
        contract: `columns` and `label`.
    """
    kinds = {name: str(column["kind"]) for name, column in contract["columns"].items()}
    if label := contract["label"]:
        kinds[label["column"]] = label["kind"]
    wanted = max(1, min(SAMPLED_ROWS, SAMPLED_CELLS // len(kinds)))
    cells = [_cell(name, kind).alias(f"c{i}") for i, (name, kind) in enumerate(kinds.items())]
    sample = _sample(kept, rows, wanted, cells).collect()
    return {
        name: described(kind, [row[index] for row in sample])
        for index, (name, kind) in enumerate(kinds.items())
    }


def _cell(name: str, kind: str) -> Column:
    match kind:
        case "numeric":
            return quoted(name) + F.lit(0.0)  # 0 for -0
        case "text":
            return F.char_length(quoted(name))
        case _:
            return F.substring(quoted(name), 1, CHARACTERS)


def _sample(kept: DataFrame, rows: int, wanted: int, cells: Sequence[Column]) -> DataFrame:
    if rows <= wanted:
        return kept.select(*cells)
    # digits of the id that do not choose the side; as all have eight, they compare as text
    place = F.substring(ROW_ID, 9, 8)
    taken = kept.where(place < f"{(wanted << 32) // rows:08x}")
    # what is sorted are the cells, not the texts that they are made of
    taken = taken.select(*cells, place.alias("place"), ROW_ID)
    # rows that are equal have one id: too many of them would all be taken
    return taken.sort("place", ROW_ID).limit(2 * wanted).drop("place", ROW_ID)


def described(kind: str, cells: Sequence[Any]) -> dict[str, Any]:
    """What is kept of the cells of a column of that kind; None where there is no value."""
    present = [cell for cell in cells if cell is not None]
    told = {"kind": kind, "rows": len(cells), "missing": len(cells) - len(present)}
    counts = Counter(present)
    if kind == "text" or (kind == "numeric" and len(counts) > LISTED):
        return {**told, "quantiles": _quantiles(present)}
    listed = sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:LISTED]
    values = {str(value): count for value, count in listed}
    return {**told, "values": values, "other": len(present) - sum(values.values())}


def _quantiles(numbers: list[float]) -> list[float]:
    """For each step the least number that this share of the numbers does not exceed."""
    ranked, count = sorted(numbers), len(numbers)
    places = (max(0, -(-step * count // STEPS) - 1) for step in range(STEPS + 1))
    return [ranked[place] for place in places] if ranked else []
