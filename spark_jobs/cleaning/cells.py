"""Text records become typed rows by the contract, row by row, or are rejected with a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.cleaning.rules import Cell, Rule, decimal_mark, rules_of
from spark_jobs.columns import names_of, quoted
from spark_jobs.names import READ, REJECTED, ROW_ID

NUMBER_SUFFIXES = "dDfF"  # Java reads "1d" as a number, nobody else does
HEXADECIMAL = "xX"


@dataclass(frozen=True)
class Cleaned:
    """Typed records, none of them dropped.

    `rows` has the columns of the contract (double where numeric, else text) and `row_id`
    (SHA-256 of the id columns, or of all of them), which are `names`; `_file`; `_rejected`, true
    where a row breaks one of the `rules`; and what these look at.
    """

    rows: DataFrame
    names: Sequence[str]
    rules: Sequence[Rule]


def clean(records: DataFrame, contract: Mapping[str, Any], further: Sequence[Rule] = ()) -> Cleaned:
    """Type each record and find what is wrong with it.

    Args:
        records: as `records.read` returns them.
        contract: `format`, `dialect`, `columns` (kind and rules by name), `missing`, `label` and
            `id`.
        further: rules beside the contract's.
    """
    cells = _cells(contract)
    present = {cell: _present(cell, contract["missing"]) for cell in cells}
    numeric = [cell for cell in cells if cell.kind == "numeric"]
    # a step of its own for what the next step needs more than once: Spark would compute it anew
    typed = records.select(
        *(text.alias(cell.text) for cell, text in present.items()),
        *(_number(present[cell], contract).alias(cell.name) for cell in numeric),
        *READ,
    )
    rules = [*rules_of(contract, cells), *further]
    broken = [F.when(rule.broken, F.lit(True)) for rule in rules]
    rows = typed.select(
        "*",
        _row_id(contract["id"] or [cell.name for cell in cells]).alias(ROW_ID),
        # unlike `or`, it is compiled in parts
        F.coalesce(*broken, F.lit(False)).alias(REJECTED),
    )
    return Cleaned(rows, [*(cell.name for cell in cells), ROW_ID], rules)


def _cells(contract: Mapping[str, Any]) -> list[Cell]:
    kinds = {name: column["kind"] for name, column in contract["columns"].items()}
    if label := contract["label"]:
        kinds[label["column"]] = label["kind"]
    cells = [(name, kinds.get(name, "categorical")) for name in names_of(contract)]
    return [
        Cell(name, kind, f"__text_{place}" if kind == "numeric" else name)
        for place, (name, kind) in enumerate(cells)
    ]


def _present(cell: Cell, missing: Sequence[str]) -> Column:
    text = cell.value
    bare = F.trim(text)
    if cell.kind == "text":
        # "NA" and "?" are words here
        return F.when(bare != "", text)
    return F.when((bare != "") & ~bare.isin(list(missing)), bare)


def _number(text: Column, contract: Mapping[str, Any]) -> Column:
    of_comma = decimal_mark(contract) == ","
    number = F.replace(text, F.lit(","), F.lit(".")) if of_comma else text
    number = number.try_cast("double")
    # to Spark, NaN is larger than infinity
    plain = F.abs(number) < F.lit(float("inf"))
    for suffix in NUMBER_SUFFIXES:
        plain &= ~text.endswith(suffix)
    for strange in (*HEXADECIMAL, "\0", *("." if of_comma else "")):
        plain &= ~F.contains(text, F.lit(strange))
    return F.when(plain, number)


def _row_id(columns: Sequence[str]) -> Column:
    """SHA-256, in hex digits, of the values as a JSON array in order of the columns' names."""
    values = [F.coalesce(quoted(name).cast("string"), F.lit("")) for name in sorted(columns)]
    return F.sha2(F.to_json(F.array(*values)), 256)
