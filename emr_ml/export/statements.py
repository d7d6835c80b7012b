"""Read the statements of SQLTransformer stages: the few expressions that featurizers write."""

import re
from dataclasses import dataclass

from spark_jobs.learning.datetimes import CYCLES, DAYS
from spark_jobs.runtime.job import JobError

NAME = r"\w+"
NAMES = rf"{NAME}(?:, {NAME})*"
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


LARGEST = rf"array_max\(array\(({NAMES})\)\)"
TEXT = rf"regexp_replace\(coalesce\(({QUOTED}), ''\), r'([^']*)', '([^']*)'\)"
PATTERNS = [
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("concat", rf"concat\(({NAMES})\)"),
        # of several margins: the numerators of a softmax, and the class
        ("exponential", rf"exp\(({NAME}) - {LARGEST}\)"),
        ("position", rf"CAST\(array_position\(array\(({NAMES})\), {LARGEST}\) - 1 AS DOUBLE\)"),
        ("same", rf"coalesce\(({NAME})\)"),
        ("text", rf"regexp_replace\({TEXT}, r'([^']*)', '([^']*)'\)"),
        ("text", TEXT),  # as models had it that were trained earlier
        ("elapsed", _of_time(DAYS)),
        *(
            (cycle, rf"(sin|cos)\((\d+) \* pi\(\) \* {_of_time(template)}\)")
            for cycle, template in CYCLES.items()
        ),
        ("affine", rf"({NAME}) \* {NUMBER} \+ {NUMBER}"),
        ("column", f"({QUOTED})"),
        ("same", rf"({NAME})"),
    )
]


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
