"""The rules of a contract: when a row breaks one, and what is then said about it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from pyspark.errors import PySparkException
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from spark_jobs.columns import quoted
from spark_jobs.names import MALFORMED, TORN, UNDECODED
from spark_jobs.runtime.job import JobError

SHOWN = 100  # characters of an offending value in a reason
NO_VALUE = ("nan", "null", "none", "nil", "n/a", "na", "nd", "inf", "-", "--", ".", "missing")


class Rule(NamedTuple):
    """A rule: its key in the figures, whether a row breaks it, and the reason that is then told.

    Most files break none, so what makes the reason is called only if one does.
    """

    key: str
    broken: Column
    reason: Callable[[], Column]


class Cell(NamedTuple):
    """A column of the contract; `text` is the column that holds what a number was written as."""

    name: str
    kind: str
    text: str

    @property
    def value(self) -> Column:
        return quoted(self.name)

    @property
    def written(self) -> Column:
        return quoted(self.text)


def rules_of(contract: Mapping[str, Any], cells: Sequence[Cell]) -> list[Rule]:
    """Every rule of the contract, on the typed columns."""
    rules = [
        Rule(
            "fields",
            F.col(MALFORMED),
            partial(F.lit, "the number of fields differs from the header's"),
        ),
        Rule(
            "quotes", F.col(TORN), partial(F.lit, "it spans lines, but a quote in it is not closed")
        ),
    ]
    for cell in cells:
        rules += _readable(cell, contract["dialect"])
        if cell.kind == "numeric":
            rules.append(_number(cell, contract))
        if column := contract["columns"].get(cell.name):
            rules += _of_column(cell, column)
        elif (label := contract["label"]) and cell.name == label["column"]:
            rules += _of_label(cell, label)
    for name in contract["id"]:
        said = partial(F.lit, f"{name} is missing, and it is part of the id")
        rules.append(Rule(f"{name} id", quoted(name).isNull(), said))
    return rules


def check_patterns(spark: SparkSession, contract: Mapping[str, Any]) -> None:
    """Raises JobError for a pattern that Java does not take: Python, which did, knows others."""
    for name, column in contract["columns"].items():
        if column["pattern"] is None:
            continue
        try:
            spark.range(0).select(F.lit("").rlike(_whole(column["pattern"]))).collect()
        except PySparkException as error:
            raise JobError(
                f"the `pattern` of the column '{name}' is no regular expression of Java: "
                f"{column['pattern']}. Write it as java.util.regex.Pattern describes"
            ) from error


def _readable(cell: Cell, dialect: Mapping[str, Any]) -> Iterator[Rule]:
    shown = cell.written
    yield Rule(
        f"{cell.name} encoding",
        F.array_contains(UNDECODED, F.lit(cell.name)),
        partial(
            _reason,
            f"{cell.name} holds bytes that are not {dialect['encoding']}",
            shown,
            ". Is the file written in another encoding? Set `encoding` under `dialect`",
        ),
    )
    has_nul = F.contains(shown, F.lit("\0"))
    # a look at what is a number would be for nothing
    broken = cell.value.isNull() & has_nul if cell.kind == "numeric" else has_nul
    yield Rule(f"{cell.name} nul", broken, partial(_reason, f"{cell.name} holds a NUL byte", shown))


def _number(cell: Cell, contract: Mapping[str, Any]) -> Rule:
    text = cell.written

    def reason() -> Column:
        of_comma = F.when(
            text.rlike(r"^[+-]?[0-9.]*,[0-9]+$"),
            ". Is its decimal mark a comma? Set `decimal` under `dialect`",
        )
        of_point = F.when(F.contains(text, F.lit(".")), ". The contract's decimal mark is a comma")
        of_word = F.when(
            F.lower(text).isin(*NO_VALUE), ". If it stands for no value, add it to `missing`"
        )
        of_mark = of_comma if decimal_mark(contract) == "." else of_point
        hint = F.coalesce(of_word, of_mark, F.lit(""))
        return F.concat(_reason(f"{cell.name} is not a number", text), hint)

    return Rule(f"{cell.name} number", text.isNotNull() & cell.value.isNull(), reason)


def decimal_mark(contract: Mapping[str, Any]) -> str:
    """What stands before a number's fraction in the records."""
    return contract["dialect"]["decimal"] if contract["format"] == "csv" else "."


def _of_column(cell: Cell, column: Mapping[str, Any]) -> Iterator[Rule]:
    name, value, text = cell.name, cell.value, cell.written
    if column["required"]:
        yield Rule(f"{name} required", text.isNull(), partial(F.lit, f"{name} is missing"))
    if (least := column["min"]) is not None:
        said = f"{name} is below its `min` {least:.15g}"
        yield Rule(f"{name} min", value < least, partial(_reason, said, text))
    if (most := column["max"]) is not None:
        said = f"{name} is above its `max` {most:.15g}"
        yield Rule(f"{name} max", value > most, partial(_reason, said, text))
    if (allowed := column["allowed"]) is not None:
        said = f"{name} is not among its `allowed` values"
        yield Rule(f"{name} allowed", ~value.isin(*allowed), partial(_reason, said, text))
    if (pattern := column["pattern"]) is not None:
        said = f"{name} does not match its `pattern` {pattern}"
        yield Rule(f"{name} pattern", ~value.rlike(_whole(pattern)), partial(_reason, said, text))


def _of_label(cell: Cell, label: Mapping[str, Any]) -> Iterator[Rule]:
    name = cell.name
    value = cell.value
    # what is there but is no number has a reason already
    yield Rule(f"{name} required", cell.written.isNull(), partial(F.lit, f"{name} is missing"))
    known = label["classes"]
    if label["negative"] is not None:
        known = [label["positive"], *label["negative"]]
    if known is not None:
        said = f"{name} is not a label of the contract"
        yield Rule(f"{name} known", ~value.isin(*known), partial(_reason, said, value))


def _whole(pattern: str) -> str:
    return rf"\A(?:{pattern})\z"


def _reason(said: str, value: Column, hint: str = "") -> Column:
    shown = F.replace(F.substring(value, 1, SHOWN), F.lit("\0"), F.lit("\\0"))
    return F.concat(F.lit(f"{said}: "), F.coalesce(shown, F.lit("")), F.lit(hint))
