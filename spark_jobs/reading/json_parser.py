"""JSON lines: one object in each line. A field within an object is named by its path, `a.b`."""

import io
import json
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from spark_jobs.reading.csv_dialect import BYTE_ORDER_MARK, ESCAPE_UNDECODABLE
from spark_jobs.runtime.job import JobError

ENCODING = "utf-8"


class Line(NamedTuple):
    """A line that is not blank: its number among those, from 1, its text, and its values by path.

    `values` is None if the line is no JSON object.
    """

    number: int
    text: str
    values: dict[str, str | None] | None


def parse_lines(file: IO[bytes], name: str, max_characters: int) -> Iterator[Line]:
    """Yield the lines of a file.

    Raises:
        JobError: a line has more than `max_characters`.
    """
    for number, text in enumerate(_texts(file, name, max_characters), 1):
        yield Line(number, text, values_of(text))


def values_of(text: str) -> dict[str, str | None] | None:
    """Return the values of a JSON object by path, as they are written; None if it is none.

    Null is None; a list is its JSON.
    """
    try:
        value = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return dict(_leaves(value, "")) if isinstance(value, dict) else None


def _leaves(value: dict[str, Any], prefix: str) -> Iterator[tuple[str, str | None]]:
    for key, field in value.items():
        match field:
            case dict():
                yield from _leaves(field, f"{prefix}{key}.")
            case bool():
                yield f"{prefix}{key}", str(field).lower()
            case list():
                yield f"{prefix}{key}", json.dumps(field, ensure_ascii=False)
            case _:
                yield f"{prefix}{key}", field


def _texts(file: IO[bytes], name: str, max_characters: int) -> Iterator[str]:
    text = io.TextIOWrapper(file, ENCODING, ESCAPE_UNDECODABLE, newline="\n")
    number = 0
    while line := text.readline(max_characters + 1):
        number += 1
        if len(line) > max_characters:
            raise JobError(
                f"{name}: line {number} is longer than `max_record_bytes`, {max_characters:,}: is "
                "it JSON lines? Otherwise set a larger number under `dialect`"
            )
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        if line.strip():
            yield line
    text.detach()
