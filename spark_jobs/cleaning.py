"""Text records become typed rows by the contract, row by row, or are rejected with a reason."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from spark_jobs.csv_records import malformed, one_task_per_file
from spark_jobs.names import ORIGIN, REASON, ROW_ID, WHILE_READING

SHOWN = 100  # characters of an offending value in a reason
JAVA_FLOAT = "[dDfFxX]"  # Java reads "1d" and "0x1p3" as numbers, nobody else does


def clean(records: DataFrame, contract: Mapping[str, Any]) -> DataFrame:
    """Type each record and say what is wrong with it; none is dropped here.

    Args:
        records: as `csv_records.read_csv` returns them.
        contract: `columns` (kind and rules by name), `missing`, `label` and `id`.

    Returns:
        The columns of the contract (double where numeric, else text), `row_id` (SHA-256 of the
        id columns, or of all of them), where the record came from, and `_reason`: null where
        the row is kept.
    """
    typed: dict[str, Column] = {}
    reasons = [F.when(malformed(), F.lit("the number of fields differs from the header's"))]
    for name, column in contract["columns"].items():
        value, broken = _COLUMN_KINDS[column["kind"]](name, contract["missing"])
        typed[name] = value
        reasons += broken
        if column["required"]:
            # what is there but is no number has a reason already
            there, _ = (_text if column["kind"] == "text" else _category)(name, contract["missing"])
            reasons.append(_reason(there.isNull(), name, "is missing"))
    if label := contract["label"]:
        typed[label["column"]], broken = _label(label, contract["missing"])
        reasons += broken
    for name in contract["id"]:
        value, _ = _category(name, contract["missing"])
        typed.setdefault(name, value)
        reasons.append(_reason(value.isNull(), name, "is missing, and it is part of the id"))
    return records.select(
        *(value.alias(name) for name, value in typed.items()),
        *ORIGIN,
        F.nullif(F.concat_ws("; ", *reasons), F.lit("")).alias(REASON),
    ).withColumn(ROW_ID, _row_id(contract["id"] or sorted(typed)))


def names_of(contract: Mapping[str, Any]) -> list[str]:
    """Every column that the contract names, each once."""
    label = [contract["label"]["column"]] if contract["label"] else []
    return list(dict.fromkeys([*contract["columns"], *label, *contract["id"]]))


def keep(cleaned: DataFrame, observed: Observation, found: Sequence[Column]) -> DataFrame:
    """The rows without a reason; `found` is observed on the way, in the same pass."""
    data = [quoted(name) for name in cleaned.columns if name not in WHILE_READING]
    return (
        cleaned.select(*data, REASON)
        .observe(observed, *found)
        .where(F.col(REASON).isNull())
        .drop(REASON)
    )


def write_rejected(spark: SparkSession, cleaned: DataFrame, path: str) -> int:
    """Write file, position, raw text and reason of each rejected row; how many there were."""
    observed = Observation("rejected")
    origin = [F.col(name).alias(name.removeprefix("_")) for name in (*ORIGIN, REASON)]
    with one_task_per_file(spark):
        (
            cleaned.where(F.col(REASON).isNotNull())
            .select(*origin)
            .observe(observed, F.count(F.lit(1)).alias("rejected"))
            .repartition(1)
            .write.parquet(path)
        )
    return observed.get["rejected"]


def counts(cleaned: DataFrame) -> list[Column]:
    """What to observe: records in and kept; by column what is missing, and numbers' range."""
    kept = F.col(REASON).isNull()
    found = [F.count(F.lit(1)).alias("in"), F.count_if(kept).alias("kept")]
    for field in cleaned.schema:
        if field.name in (*WHILE_READING, ROW_ID):
            continue
        value = F.when(kept, quoted(field.name))
        found.append(F.count_if(kept & value.isNull()).alias(f"missing:{field.name}"))
        if field.dataType.simpleString() == "double":
            found += [
                function(value).alias(f"{figure}:{field.name}")
                for figure, function in (("min", F.min), ("max", F.max), ("mean", F.avg))
            ]
    return found


def described(observed: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The observed figures of single columns, by column."""
    columns: dict[str, dict[str, Any]] = {}
    for key, value in observed.items():
        figure, colon, name = key.partition(":")
        if colon:
            # the mean of huge numbers may overflow, and JSON has no infinity
            plain = value is None or isfinite(value)
            columns.setdefault(name, {})[figure] = value if plain else None
    return columns


def quoted(name: str) -> Column:
    """The column of that very name, dots and backticks in it included."""
    return F.col("`" + name.replace("`", "``") + "`")


Typed = tuple[Column, list[Column]]


def _number(name: str, missing: Sequence[str]) -> Typed:
    present, _ = _category(name, missing)
    number = present.try_cast("double")
    plain = ~present.rlike(JAVA_FLOAT)
    finite = F.abs(number) < F.lit(float("inf"))  # to Spark, NaN is larger than infinity
    value = F.when(plain & finite, number)
    broken = present.isNotNull() & value.isNull()
    return value, [_reason(broken, name, "is not a number", present)]


def _category(name: str, missing: Sequence[str]) -> Typed:
    value = F.trim(quoted(name))
    return F.when(~value.isin(list(missing)), value), []


def _text(name: str, _missing: Sequence[str]) -> Typed:
    # "NA" and "?" are words here
    value = quoted(name)
    return F.when(F.trim(value) != "", value), []


_COLUMN_KINDS = {"numeric": _number, "categorical": _category, "text": _text}


def _label(label: Mapping[str, Any], missing: Sequence[str]) -> Typed:
    name = label["column"]
    value, _ = _category(name, missing)
    broken = [_reason(value.isNull(), name, "is missing")]
    if label["negative"] is not None:
        known = value.isin(label["positive"], *label["negative"])
        broken.append(_reason(~known, name, "is not a label of the contract", value))
    return value, broken


def _reason(condition: Column, name: str, what: str, value: Column | None = None) -> Column:
    message = F.lit(f"{name} {what}")
    if value is not None:
        message = F.concat(message, F.lit(": "), F.substring(value, 1, SHOWN))
    return F.when(condition, message)


def _row_id(columns: Sequence[str]) -> Column:
    """SHA-256, in hex digits, of the values as a JSON array in order of the columns' names."""
    values = [F.coalesce(quoted(name).cast("string"), F.lit("")) for name in sorted(columns)]
    return F.sha2(F.to_json(F.array(*values)), 256)
