"""How commands print: JSON for programs, and lines that fit the terminal for people.

Colours are dropped where the output is no terminal, and where NO_COLOR is set: see `emr_ml/cli.py`.
"""

import json
import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from emr_ml.wording import escape_control_characters

USUAL_COLUMNS = 80
STATES = {
    **dict.fromkeys(("success", "good", "current", "champion", "better"), "green"),
    **dict.fromkeys(("failure", "bad", "refused", "failed", "worse"), "red"),
    **dict.fromkeys(("canceled", "canceling", "warn", "note", "skip", "lost"), "yellow"),
    **dict.fromkeys(("started", "starting", "not_started", "queued", "computing"), "cyan"),
}

as_json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, for other programs."
)


def print_json(value: Any) -> None:
    """Print a value as JSON; a value that JSON does not know, such as a path, as its text."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_lines(lines: Iterable[str]) -> None:
    """Print lines, whose control characters must be escaped already where others chose them."""
    for line in lines:
        click.echo(line.rstrip())


def state(word: str, width: int = 0) -> str:
    """Return a word about a state in its colour, padded to a width."""
    return click.style(f"{word:<{width}}", fg=STATES.get(word.lower().strip()))


def heading(text: str) -> str:
    """Return a heading."""
    return click.style(text, bold=True)


def named(name: str, text: str, indent: int = 0, width: int = 12) -> str:
    """Return a name and a text beside it, wrapped to the terminal; empty if the text is."""
    if not text:
        return ""
    left = f"{'':{indent}}{name:<{width}}"
    columns = max(shutil.get_terminal_size((USUAL_COLUMNS, 24)).columns, 40)
    return "\n".join(
        textwrap.wrap(
            escape_control_characters(text),
            columns,
            initial_indent=left,
            subsequent_indent=" " * len(left),
            break_on_hyphens=False,
            break_long_words=False,
        )
    )


def table(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """Return rows as aligned lines.

    Args:
        rows: of texts, each with the same number.
        right: indices of the columns that are aligned at their right.
    """
    if not rows:
        return []
    to_right = set(right)
    cells = [[escape_control_characters(cell) for cell in row] for row in rows]
    widths = [max(len(row[index]) for row in cells) for index in range(len(cells[0]))]
    return [
        "  ".join(
            cell.rjust(width) if index in to_right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def value_text(value: Any) -> str:
    """Return a value of a parameter as people write it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def flat(value: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Return nested values by their path, such as `split.train`."""
    found: dict[str, Any] = {}
    for key, each in value.items():
        inner = f"{path}.{key}" if path else key
        found |= flat(each, inner) if isinstance(each, Mapping) and each else {inner: each}
    return found
