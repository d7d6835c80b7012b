"""How the values of each column are read: the rules of a contract as `scorer.py` expects them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from emr_ml.export.regular_expressions import python_pattern
from emr_ml.export.time_patterns import time_spec
from spark_jobs.contract import ColumnRules, DatasetContract, Dialect, NumberFormat
from spark_jobs.reading.csv_dialect import BACKSLASH, CsvSyntax
from spark_jobs.spelling import (
    DURATIONS,
    FRACTION,
    LIMIT,
    MINUS_SIGN,
    NO_CENTS,
    PARENTHESES,
    SIGN_AND_GAP,
    TRAILING_MINUS,
    factors_in_lower_case,
    grouped_number,
    multiple_behind,
    thousands_mark,
    unit_before,
    unit_behind,
)


def column_specs(contract: DatasetContract, parts: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """Return how each column of the contract is read, without label and id.

    Args:
        contract: of the data set that the model was trained on.
        parts: of times that the model uses, by column.

    Raises:
        JobError: a column has times in a format that can't be exported.
    """
    return [
        _column_spec(name, rules, contract, parts.get(name, []))
        for name, rules in contract["columns"].items()
    ]


def _column_spec(
    name: str, rules: ColumnRules, contract: DatasetContract, parts: Sequence[str]
) -> dict[str, Any]:
    kind, given = rules["kind"], rules.get("format")
    spec: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "required": rules["required"],
        "missing": [] if kind == "text" else contract["missing"],
    }
    match kind:
        case "numeric":
            assert not isinstance(given, str), "that is the format of times"
            decimal = contract["dialect"]["decimal"] if contract["format"] == "csv" else "."
            number = _number_spec(decimal, given)
            return {**spec, "min": rules["min"], "max": rules["max"], "number": number}
        case "datetime":
            return {**spec, "time": time_spec(name, rules, [*parts])}
        case _:
            pattern = rules["pattern"]
            return {
                **spec,
                "allowed": rules["allowed"],
                "pattern": None if pattern is None else python_pattern(pattern),
                "written_pattern": pattern,
                "fold_case": rules.get("fold_case", False),
            }


def _number_spec(decimal: str, given: NumberFormat | None) -> dict[str, Any]:
    """Return how numbers are read, in the order of `spark_jobs/cleaning/values.py`."""
    if given is None:
        return {"decimal": decimal, "is_plain": decimal == ".", "duration": None}
    if written := given["duration"]:
        pattern, seconds = DURATIONS[written]
        duration = {"pattern": python_pattern(pattern), "seconds": seconds}
        return {"decimal": decimal, "is_plain": False, "duration": duration}
    replace = [(NO_CENTS, "")]
    if given["limits"]:
        replace.append((LIMIT, ""))
    if given["accounting"]:
        replace.append((MINUS_SIGN, "-"))
        replace += [(f"^{negative}$", r"-\1") for negative in (PARENTHESES, TRAILING_MINUS)]
    if unit := given["unit"]:
        replace += [(unit_before(unit), r"\1"), (unit_behind(unit), "")]
    thousands, multiples = given["thousands"], given["multiples"]
    return {
        "decimal": given["decimal"],
        "is_plain": False,
        "duration": None,
        "replace": [(python_pattern(pattern), by) for pattern, by in replace],
        "multiple": python_pattern(multiple_behind(multiples)) if multiples else None,
        "factors": factors_in_lower_case(multiples),
        "after": [(SIGN_AND_GAP, r"\1")],
        "grouped": python_pattern(f"^{grouped_number(thousands, given['decimal'])}$")
        if thousands
        else None,
        "mark": thousands_mark(thousands) if thousands else None,
        "fraction": FRACTION if given["fractions"] else None,
    }


def csv_spec(dialect: Dialect) -> dict[str, Any]:
    """Return how CSV files are read."""
    options = CsvSyntax.of(dialect).reader_options()
    mark, is_mysql = re.escape(options["delimiter"]), dialect["escape"] == BACKSLASH
    names = ("delimiter", "trim", "header", "skip_lines", "comment", "skip_below_header")
    return {
        **{name: dialect[name] for name in (*names, "skip_last_lines", "trailing_delimiter")},
        "encoding": dialect["encoding"],
        "options": options,
        "null": rf"(?:(?<={mark})|^)\\N(?={mark}|[\r\n]|$)" if is_mysql else None,
    }
