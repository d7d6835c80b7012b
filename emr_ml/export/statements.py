"""Read the statements of SQLTransformer stages: the few expressions that featurizers write."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from spark_jobs.learning.datetimes import CYCLES, DAYS
from spark_jobs.runtime.job import JobError

NAME = r"\w+"
QUOTED = r"`(?:[^`]|``)+`"
BEGINNING, END = "SELECT *, ", " FROM __THIS__"
ALIAS = re.compile(rf" AS ({NAME})(?:, |$)")
NUMBER = r"CAST\('([^']+)' AS DOUBLE\)"
PLACEHOLDER = "COLUMN"


@dataclass(frozen=True)
class Expression:
    """What a statement computes: the kind of expression, and what it is computed from."""

    kind: str
    values: tuple[str, ...]


def _of_time(template: str) -> str:
    return re.escape(template.format(PLACEHOLDER)).replace(PLACEHOLDER, f"({QUOTED})")


def _patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    yield "concat", re.compile(rf"concat\(({NAME}(?:, {NAME})*)\)")
    yield "same", re.compile(rf"coalesce\(({NAME})\)")
    yield (
        "text",
        re.compile(rf"regexp_replace\(coalesce\(({QUOTED}), ''\), r'([^']*)', '([^']*)'\)"),
    )
    yield "elapsed", re.compile(_of_time(DAYS))
    for cycle, template in CYCLES.items():
        yield cycle, re.compile(rf"(sin|cos)\((\d+) \* pi\(\) \* {_of_time(template)}\)")
    yield "affine", re.compile(rf"({NAME}) \* {NUMBER} \+ {NUMBER}")
    yield "column", re.compile(f"({QUOTED})")
    yield "same", re.compile(f"({NAME})")


PATTERNS = [*_patterns()]


def parse_statement(statement: str) -> dict[str, Expression]:
    """Return the expressions of a statement by their aliases.

    Raises:
        JobError: it has an expression that no featurizer of this project writes.
    """
    if not (statement.startswith(BEGINNING) and statement.endswith(END)):
        raise _unknown(statement)
    rest = statement.removeprefix(BEGINNING).removesuffix(END)
    found: dict[str, Expression] = {}
    while rest:
        for kind, pattern in PATTERNS:
            matched = pattern.match(rest)
            alias = ALIAS.match(rest, matched.end()) if matched else None
            if matched and alias:
                found[alias[1]] = Expression(kind, matched.groups())
                rest = rest[alias.end() :]
                break
        else:
            raise _unknown(rest)
    return found


def unquoted(name: str) -> str:
    """Return the name of a column as users write it."""
    return name[1:-1].replace("``", "`")


def _unknown(text: str) -> JobError:
    return JobError(
        f"the model has a step in SQL that can't be exported: {text[:100]}. Models of this "
        "project's own featurizers have none: export with the release that trained it"
    )
