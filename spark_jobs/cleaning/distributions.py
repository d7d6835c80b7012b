"""How the values of each column are distributed, in a sample that no order of files changes."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.cleaning.figures import Distribution
from spark_jobs.columns import ROW_ID, quoted
from spark_jobs.contract import DatasetContract, Kind, column_kinds

SAMPLED_ROWS = 20_000  # roughly; all rows if there are fewer
SAMPLED_CELLS = 2_000_000  # of all columns together, which limits the rows
MAX_LISTED_VALUES = 50
QUANTILE_STEPS = 50
MAX_CHARACTERS = 100  # of a category; longer ones that start alike are counted together


def distributions(kept: DataFrame, rows: int, contract: DatasetContract) -> dict[str, Distribution]:
    """Return how the values of each column of the contract, with the label, are distributed.

    Numbers with many distinct values, and the lengths of texts in characters, have quantiles;
    others have counts of their most frequent values. Which rows are sampled depends only on
    their ids and on the number of rows.

    Args:
        kept: rows with the columns of the contract and `row_id`.
        rows: how many.
        contract: of the rows.
    """
    kinds = column_kinds(contract["columns"], contract["label"])
    wanted = max(1, min(SAMPLED_ROWS, SAMPLED_CELLS // len(kinds)))
    cells = [_cell(name, kind).alias(f"c{i}") for i, (name, kind) in enumerate(kinds.items())]
    sample = _sample(kept, rows, wanted, cells).collect()
    return {
        name: distribution_of(kind, [row[index] for row in sample])
        for index, (name, kind) in enumerate(kinds.items())
    }


def _cell(name: str, kind: Kind) -> Column:
    match kind:
        case "numeric":
            return quoted(name) + F.lit(0.0)  # turns -0 into 0
        case "text":
            return F.char_length(quoted(name))
        case "datetime":
            return quoted(name).isNotNull()
        case _:
            return F.substring(quoted(name), 1, MAX_CHARACTERS)


def _sample(kept: DataFrame, rows: int, wanted: int, cells: Sequence[Column]) -> DataFrame:
    if rows <= wanted:
        return kept.select(*cells)
    # digits of the id that do not decide the split; they compare as text, because all have eight
    rank = F.substring(ROW_ID, 9, 8)
    sample = kept.where(rank < f"{(wanted << 32) // rows:08x}")
    # the cells are selected before they are sorted, so that long texts are not sorted
    sample = sample.select(*cells, rank.alias("rank"), ROW_ID)
    # equal rows have equal ids, so a frequent row could exceed what is wanted
    return sample.sort("rank", ROW_ID).limit(2 * wanted).drop("rank", ROW_ID)


def distribution_of(kind: Kind, cells: Sequence[Any]) -> Distribution:
    """Return the distribution of a column's cells, None where there is no value."""
    present = [cell for cell in cells if cell is not None]
    distribution: Distribution = {
        "kind": kind,
        "rows": len(cells),
        "missing": len(cells) - len(present),
    }
    if kind == "datetime":
        return distribution
    counts = Counter(present)
    if kind == "text" or (kind == "numeric" and len(counts) > MAX_LISTED_VALUES):
        return {**distribution, "quantiles": _quantiles(present)}
    most_frequent = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    values = {str(value): count for value, count in most_frequent[:MAX_LISTED_VALUES]}
    return {**distribution, "values": values, "other": len(present) - sum(values.values())}


def _quantiles(numbers: list[float]) -> list[float]:
    """Return for each step the least number that this share of the numbers does not exceed."""
    ranked, count = sorted(numbers), len(numbers)
    indices = (max(0, -(-step * count // QUANTILE_STEPS) - 1) for step in range(QUANTILE_STEPS + 1))
    return [ranked[index] for index in indices] if ranked else []
