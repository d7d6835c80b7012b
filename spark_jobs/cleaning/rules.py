"""The rules of a contract: the condition of each, and the reason shown for a rejected row."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from typing import NamedTuple, cast

from pyspark.errors import PySparkException
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from spark_jobs.columns import SKIPPED, STRAY_QUOTE, UNDECODABLE, WRONG_FIELD_COUNT, quoted
from spark_jobs.contract import (
    ColumnRules,
    DatasetContract,
    Dialect,
    Kind,
    Label,
    NumberFormat,
)
from spark_jobs.runtime.job import JobError

SHOWN = 100  # characters of an offending value in a reason
PARSED = ("numeric", "datetime")
WRONG_COUNT = "the number of fields differs from the header's"
HEADER_AGAIN = "it is the header again"
COMPARED_NAMES = 10  # more prove nothing more, and take time in wide files
MALFORMED = {"jsonl": "the line is not a JSON object"}
# by decimal mark: the mark that may separate thousands, and what a number with it contains. In one
# like 1,234, it may also be another decimal mark.
GROUPED = {
    ",": (".", r"(?<![0-9.])[1-9][0-9]{0,2}(\.[0-9]{3})+(,|\.[0-9]{3}(?![0-9]))"),
    ".": (",", r"(?<![0-9,])[1-9][0-9]{0,2}(,[0-9]{3})+(\.|,[0-9]{3}(?![0-9]))"),
}
NO_VALUE = ("nan", "null", "none", "nil", "n/a", "na", "nd", "inf", "-", "--", ".", "missing")


class Rule(NamedTuple):
    """A rule: its key in the figures, whether a row breaks it, and the reason for the user.

    `reason` is a function because most files break no rule, and then no reason is built.
    """

    key: str
    broken: Column
    reason: Callable[[], Column]


@dataclass(frozen=True)
class TypedColumn:
    """A column of the contract; `text_name` is the column with the text that it was read from."""

    name: str
    kind: Kind
    text_name: str

    @property
    def is_parsed(self) -> bool:
        """Whether its values are numbers or times, not texts."""
        return self.kind in PARSED

    @cached_property
    def value(self) -> Column:
        return quoted(self.name)

    @cached_property
    def text(self) -> Column:
        return quoted(self.text_name)


def contract_rules(contract: DatasetContract, columns: Sequence[TypedColumn]) -> list[Rule]:
    """Return every rule of the contract, on the typed columns."""
    rules = [
        Rule(
            "fields",
            F.col(WRONG_FIELD_COUNT),
            partial(F.lit, MALFORMED.get(contract["format"], WRONG_COUNT)),
        ),
        Rule(
            "quotes",
            F.col(STRAY_QUOTE),
            partial(F.lit, "it spans lines, but a quote in it is not closed"),
        ),
    ]
    if contract["format"] == "csv" and len(columns) > 1:
        rules.append(Rule("header", _is_header(columns), partial(F.lit, HEADER_AGAIN)))
    for column in columns:
        rules += _readability_rules(column, contract["dialect"])
        if column.kind == "numeric":
            rules.append(_number_rule(column, contract))
        if column.kind == "datetime":
            rules.append(_datetime_rule(column, contract))
        if given := contract["columns"].get(column.name):
            rules += _column_rules(column, given)
        elif (label := contract["label"]) and column.name == label["column"]:
            rules += _label_rules(column, label)
        elif column.name == contract["weight"]:
            rules += _weight_rules(column)
    for name in contract["id"]:
        reason = partial(F.lit, f"{name} is missing, and it is part of the id")
        rules.append(Rule(f"{name} id", quoted(name).isNull(), reason))
    return rules


def skipped_rule(dialect: Dialect) -> Rule | None:
    """Return the rule of records that the dialect skips though they fit all other rules.

    None if it skips none. What stands below the header in place of numbers breaks another rule.
    """
    keys = [key for key in ("skip_below_header", "skip_last_lines") if dialect[key]]
    problem = (
        f"{' or '.join(f'`{key}`' for key in keys)} skips it, but it looks like a row: if it is "
        "one, its file lacks what others have there, so add a line in its place"
    )
    return Rule("skipped", F.col(SKIPPED), partial(F.lit, problem)) if keys else None


def _is_header(columns: Sequence[TypedColumn]) -> Column:
    """Return whether a row holds the names of the columns, as between files that were joined."""
    compared = columns[:COMPARED_NAMES]
    are_names = [column.text.isin(column.name, column.name.lower()) for column in compared]
    return reduce(Column.__and__, are_names)


def check_patterns(spark: SparkSession, contract: DatasetContract) -> None:
    """Raise JobError for a pattern that Java refuses; Python, which accepted it, knows others."""
    for name, rules in contract["columns"].items():
        pattern = rules["pattern"]
        if pattern is None:
            continue
        try:
            spark.range(0).select(F.lit("").rlike(_whole(pattern))).collect()
        except PySparkException as error:
            raise JobError(
                f"the `pattern` of the column '{name}' is not a regular expression of Java: "
                f"{pattern}. Write it as java.util.regex.Pattern describes"
            ) from error


def _readability_rules(column: TypedColumn, dialect: Dialect) -> Iterator[Rule]:
    name, text = column.name, column.text
    yield Rule(
        f"{name} encoding",
        F.array_contains(UNDECODABLE, F.lit(name)),
        partial(
            _reason,
            f"{name} contains bytes that are not {dialect['encoding']}",
            text,
            ". Does the file have another encoding? Set `encoding` under `dialect`",
        ),
    )
    has_nul = F.contains(text, F.lit("\0"))
    # a number or time has no NUL byte, so only what is none needs to be searched
    broken = column.value.isNull() & has_nul if column.is_parsed else has_nul
    yield Rule(f"{name} nul", broken, partial(_reason, f"{name} contains a NUL byte", text))


def _number_rule(column: TypedColumn, contract: DatasetContract) -> Rule:
    text = column.text

    def reason() -> Column:
        comma_hint = F.when(
            text.rlike(r"^[+-]?[0-9.]*,[0-9]+$"),
            ". Is its decimal mark a comma? Set `decimal` under `dialect`",
        )
        point_hint = F.when(
            F.contains(text, F.lit(".")), ". The contract's decimal mark is a comma"
        )
        missing_hint = F.when(
            F.lower(text).isin(*NO_VALUE),
            ". If it means no value, add it to `missing`",
        )
        mark_hint = comma_hint if decimal_mark(contract) == "." else point_hint
        hint = F.coalesce(missing_hint, _thousands_hint(column, contract), mark_hint, F.lit(""))
        return F.concat(_reason(f"{column.name} is not a number", text), hint)

    return Rule(f"{column.name} number", text.isNotNull() & column.value.isNull(), reason)


def _thousands_hint(column: TypedColumn, contract: DatasetContract) -> Column:
    number_format = number_format_of(column, contract)
    decimal = number_format["decimal"] if number_format else decimal_mark(contract)
    grouped = GROUPED.get(decimal)
    is_known = number_format and (number_format["thousands"] or number_format["duration"])
    if grouped is None or is_known:
        return F.lit(None).cast("string")
    mark, pattern = grouped
    return F.when(
        column.text.rlike(pattern),
        f". Does '{mark}' separate thousands? Set `thousands` in the column's `format`",
    )


def _datetime_rule(column: TypedColumn, contract: DatasetContract) -> Rule:
    pattern = contract["columns"][column.name]["format"]
    written = f"as {pattern}" if pattern else "as in 2024-01-31 13:05:00"
    reason = partial(_reason, f"{column.name} is not a date or time {written}", column.text)
    broken = column.text.isNotNull() & column.value.isNull()
    return Rule(f"{column.name} datetime", broken, reason)


def number_format_of(column: TypedColumn, contract: DatasetContract) -> NumberFormat | None:
    """Return how the numbers of a column are written, or None if they are plain."""
    rules = rules_of(column, contract)
    return cast("NumberFormat | None", rules["format"]) if rules else None


def rules_of(column: TypedColumn, contract: DatasetContract) -> ColumnRules | Label | None:
    """Return what says how the values are written; None if the column is only part of the id."""
    label = contract["label"]
    if label and column.name == label["column"]:
        return label
    return contract["columns"].get(column.name)


def decimal_mark(contract: DatasetContract) -> str:
    """Return the decimal mark of numbers in the records."""
    return contract["dialect"]["decimal"] if contract["format"] == "csv" else "."


def _column_rules(column: TypedColumn, rules: ColumnRules) -> Iterator[Rule]:
    name, value, text = column.name, column.value, column.text
    if rules["required"]:
        yield Rule(f"{name} required", text.isNull(), partial(F.lit, f"{name} is missing"))
    if (minimum := rules["min"]) is not None:
        problem = f"{name} is below its `min` {minimum:.15g}"
        yield Rule(f"{name} min", value < minimum, partial(_reason, problem, text))
    if (maximum := rules["max"]) is not None:
        problem = f"{name} is above its `max` {maximum:.15g}"
        yield Rule(f"{name} max", value > maximum, partial(_reason, problem, text))
    if (allowed := rules["allowed"]) is not None:
        problem = f"{name} is not one of its `allowed` values"
        yield Rule(f"{name} allowed", ~value.isin(*allowed), partial(_reason, problem, text))
    if (pattern := rules["pattern"]) is not None:
        problem = f"{name} does not match its `pattern` {pattern}"
        broken = ~value.rlike(_whole(pattern))
        yield Rule(f"{name} pattern", broken, partial(_reason, problem, text))


def _label_rules(column: TypedColumn, label: Label) -> Iterator[Rule]:
    name = column.name
    # a text that is not a number breaks the number's rule already
    yield Rule(f"{name} required", column.text.isNull(), partial(F.lit, f"{name} is missing"))
    known = label["classes"]
    if label["negative"] is not None and label["positive"] is not None:
        known = [label["positive"], *label["negative"]]
    if known is not None:
        problem = f"{name} is not a label of the contract"
        broken = ~column.value.isin(*known)
        yield Rule(f"{name} known", broken, partial(_reason, problem, column.value))


def _weight_rules(column: TypedColumn) -> Iterator[Rule]:
    name = column.name
    missing = partial(F.lit, f"{name} is missing, and it is the row's weight")
    yield Rule(f"{name} required", column.text.isNull(), missing)
    problem = f"{name} is the row's weight, but not above 0"
    yield Rule(f"{name} weight", column.value <= 0, partial(_reason, problem, column.text))


def _whole(pattern: str) -> str:
    return rf"\A(?:{pattern})\z"


def _reason(problem: str, value: Column, hint: str = "") -> Column:
    shown = F.replace(F.substring(value, 1, SHOWN), F.lit("\0"), F.lit("\\0"))
    return F.concat(F.lit(f"{problem}: "), F.coalesce(shown, F.lit("")), F.lit(hint))
