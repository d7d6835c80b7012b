"""Turn text records into typed rows by the contract, and mark those that break a rule."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.cleaning.rules import (
    PARSED,
    Rule,
    TypedColumn,
    contract_rules,
    decimal_mark,
    number_format_of,
    rules_of,
    skipped_rule,
)
from spark_jobs.cleaning.times import parse_datetime
from spark_jobs.cleaning.values import parse_number
from spark_jobs.columns import RECORD_COLUMNS, REJECTED, ROW_ID, column_names, quoted
from spark_jobs.contract import DatasetContract, column_kinds
from spark_jobs.spelling import lower_case_column


@dataclass(frozen=True)
class TypedRows:
    """All records, typed.

    `rows` has the columns in `names`: those of the contract (double if numeric, timestamp if
    datetime, else text) and the row's id: SHA-256 of the id columns or, if the contract names none,
    of all columns except the weight. Besides them it has `_file`, and `_rejected`, which is true if
    a row breaks one of the `rules`, and the columns that the rules refer to.
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
    # one for all columns; an empty array has no type of its own
    missing = F.array(*map(F.lit, contract["missing"])).cast("array<string>")
    texts = [_present_text(column, contract, missing) for column in columns]
    pairs = [*zip(columns, texts, strict=True)]
    # in a step of its own, because Spark would evaluate these again for each use in the next step
    typed = records.select(
        *(text.alias(column.text_name) for column, text in pairs),
        *(
            _parse(column, text, contract).alias(column.name)
            for column, text in pairs
            if column.is_parsed
        ),
        *RECORD_COLUMNS,
    )
    rules = [*contract_rules(contract, columns), *extra_rules]
    true, false = F.lit(True), F.lit(False)
    broken = [F.when(rule.broken, true) for rule in rules]
    rows = typed.select(
        "*",
        _row_id(_identifying(contract, columns)).alias(ROW_ID),
        # unlike a chain of `or`, Spark compiles it in parts
        F.coalesce(*broken, false).alias(REJECTED),
    )
    if contract["format"] == "csv" and (skipped := skipped_rule(contract["dialect"])):
        # a skipped record that also breaks another rule is no row, such as a title or a total; one
        # that looks like a row is rejected
        rows = rows.where(~(skipped.broken & F.col(REJECTED)))
        rows = rows.withColumn(REJECTED, F.col(REJECTED) | skipped.broken)
        rules = [*rules, skipped]
    return TypedRows(rows, [*(column.name for column in columns), ROW_ID], rules)


def _typed_columns(contract: DatasetContract) -> list[TypedColumn]:
    kinds = column_kinds(contract["columns"], contract["label"])
    columns: list[TypedColumn] = []
    for index, name in enumerate(column_names(contract)):
        # a column that is only part of the id is categorical
        kind = "numeric" if name == contract["weight"] else kinds.get(name, "categorical")
        columns.append(TypedColumn(name, kind, f"__text_{index}" if kind in PARSED else name))
    return columns


def _present_text(column: TypedColumn, contract: DatasetContract, missing: Column) -> Column:
    """Return the column's text, null if it is missing.

    A blank text is missing, as is one of the array `missing` unless the column is prose. Case is
    folded, and a blank label gets its value, as the contract says.
    """
    text = column.value
    trimmed = F.trim(text)
    if column.kind == "text":
        # in prose, "NA" and "?" are words
        return F.when(trimmed != "", text)
    present = F.when((trimmed != "") & ~F.array_contains(missing, trimmed), trimmed)
    rules = rules_of(column, contract)
    if rules and rules["fold_case"]:
        present = lower_case_column(present)
    label = contract["label"]
    if label and column.name == label["column"] and label["blank"] is not None:
        return F.when(F.coalesce(trimmed, F.lit("")) == "", label["blank"]).otherwise(present)
    return present


def _parse(column: TypedColumn, text: Column, contract: DatasetContract) -> Column:
    if column.kind == "datetime":
        return parse_datetime(text, contract["columns"][column.name])
    return parse_number(text, decimal_mark(contract), number_format_of(column, contract))


def _identifying(contract: DatasetContract, columns: Sequence[TypedColumn]) -> list[str]:
    """Return the columns that identify a row; with another weight, it is still the same."""
    if contract["id"]:
        return contract["id"]
    return [column.name for column in columns if column.name != contract["weight"]]


def _row_id(names: Sequence[str]) -> Column:
    """Return the SHA-256, in hex digits, of the values as a JSON array in the order of names."""
    blank = F.lit("")
    values = [F.coalesce(quoted(name).cast("string"), blank) for name in sorted(names)]
    return F.sha2(F.to_json(F.array(*values)), 256)
