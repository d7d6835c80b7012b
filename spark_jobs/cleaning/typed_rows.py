"""Turn text records into typed rows by the contract, and mark those that break a rule."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.cleaning.rules import Rule, TypedColumn, contract_rules, decimal_mark
from spark_jobs.columns import RECORD_COLUMNS, REJECTED, ROW_ID, column_names, quoted
from spark_jobs.contract import DatasetContract, column_kinds

NUMBER_SUFFIXES = "dDfF"  # Java, unlike most other languages, reads "1d" as a number
HEXADECIMAL = "xX"


@dataclass(frozen=True)
class TypedRows:
    """All records, typed.

    `rows` has the columns in `names`: those of the contract (double if numeric, else text) and
    `row_id` (SHA-256 of the id columns, or of all of them). Besides them it has `_file`, and
    `_rejected`, which is true if a row breaks one of the `rules`, and the columns that the rules
    refer to.
    """

    rows: DataFrame
    names: Sequence[str]
    rules: Sequence[Rule]


def type_records(
    records: DataFrame, contract: DatasetContract, extra_rules: Sequence[Rule] = ()
) -> TypedRows:
    """Type each record, and evaluate the rules.

    Args:
        records: as `records.read` returns them.
        contract: by which to type them.
        extra_rules: in addition to the contract's.
    """
    columns = _typed_columns(contract)
    texts = {column: _present_text(column, contract["missing"]) for column in columns}
    numeric = [column for column in columns if column.kind == "numeric"]
    # in a step of its own, because Spark would evaluate these again for each use in the next step
    typed = records.select(
        *(text.alias(column.text_name) for column, text in texts.items()),
        *(_number(texts[column], contract).alias(column.name) for column in numeric),
        *RECORD_COLUMNS,
    )
    rules = [*contract_rules(contract, columns), *extra_rules]
    broken = [F.when(rule.broken, F.lit(True)) for rule in rules]
    rows = typed.select(
        "*",
        _row_id(contract["id"] or [column.name for column in columns]).alias(ROW_ID),
        # unlike a chain of `or`, Spark compiles it in parts
        F.coalesce(*broken, F.lit(False)).alias(REJECTED),
    )
    return TypedRows(rows, [*(column.name for column in columns), ROW_ID], rules)


def _typed_columns(contract: DatasetContract) -> list[TypedColumn]:
    kinds = column_kinds(contract["columns"], contract["label"])
    columns: list[TypedColumn] = []
    for index, name in enumerate(column_names(contract)):
        kind = kinds.get(name, "categorical")  # of a column that is only part of the id
        columns.append(TypedColumn(name, kind, f"__text_{index}" if kind == "numeric" else name))
    return columns


def _present_text(column: TypedColumn, missing: Sequence[str]) -> Column:
    """Return the column's text, null if it stands for a missing value."""
    text = column.value
    trimmed = F.trim(text)
    if column.kind == "text":
        # in prose, "NA" and "?" are words
        return F.when(trimmed != "", text)
    return F.when((trimmed != "") & ~trimmed.isin(list(missing)), trimmed)


def _number(text: Column, contract: DatasetContract) -> Column:
    has_comma = decimal_mark(contract) == ","
    number = F.replace(text, F.lit(","), F.lit(".")) if has_comma else text
    number = number.try_cast("double")
    # NaN is excluded as well, because Spark orders it above infinity
    is_plain = F.abs(number) < F.lit(float("inf"))
    for suffix in NUMBER_SUFFIXES:
        is_plain &= ~text.endswith(suffix)
    for character in (*HEXADECIMAL, "\0", *("." if has_comma else "")):
        is_plain &= ~F.contains(text, F.lit(character))
    return F.when(is_plain, number)


def _row_id(names: Sequence[str]) -> Column:
    """Return the SHA-256, in hex digits, of the values as a JSON array in the order of names."""
    values = [F.coalesce(quoted(name).cast("string"), F.lit("")) for name in sorted(names)]
    return F.sha2(F.to_json(F.array(*values)), 256)
