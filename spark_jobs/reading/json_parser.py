"""JSON: one object in each line, or one list of objects.

A field within an object is named by its path, `a.b`.
"""

import io
import json
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from spark_jobs.reading.csv_dialect import BYTE_ORDER_MARK, ESCAPE_UNDECODABLE
from spark_jobs.runtime.job import JobError

ENCODING = "utf-8"
LIST = "["
JQ = "jq -c"  # the command that writes one object in each line
CHUNK = 64 * 1024  # characters
WHITESPACE = " \t\r\n"  # between the values of JSON


class Line(NamedTuple):
    """A line that is not blank, or an element of the list.

    It has its number among those, from 1, its text, and its values by path: None if it is no JSON
    object.
    """

    number: int
    text: str
    values: dict[str, str | None] | None


def parse_lines(file: IO[bytes], name: str, max_characters: int) -> Iterator[Line]:
    """Yield the lines of a file, or the elements of the list that it is.

    Raises:
        JobError: a line or an element has more than `max_characters`, or a list is broken: what
            follows can't be found then.
    """
    for number, text in enumerate(line_texts(file, name, max_characters), 1):
        yield Line(number, text, values_of(text))


def line_texts(file: IO[bytes], name: str, max_characters: int) -> Iterator[str]:
    """Yield the text of each line or element, with the errors of `parse_lines`."""
    text = io.TextIOWrapper(file, ENCODING, ESCAPE_UNDECODABLE, newline="\n")
    try:
        number, start = _first_line(text)
        if start.lstrip(WHITESPACE).startswith(LIST):
            yield from _elements(text, start, name, max_characters)
        else:
            yield from _texts(text, number, start, name, max_characters)
    finally:
        text.detach()


def head_values(head: str) -> list[dict[str, str | None] | None]:
    """Return the values of each line, or of each element of a list, at the start of a file.

    Those of the last one are None if it is cut off.
    """
    start = head.removeprefix(BYTE_ORDER_MARK)
    if not start.lstrip(WHITESPACE).startswith(LIST):
        return [values_of(line) for line in start.split("\n") if line.strip()]
    found: list[dict[str, str | None] | None] = []
    try:
        for each in _elements(io.StringIO(), start, "", len(start) + 1):
            found.append(values_of(each))  # noqa: PERF401 - those before the one that is cut off
    except JobError:
        found.append(None)
    return found


def values_of(text: str) -> dict[str, str | None] | None:
    """Return the values of a JSON object by path, as they are written; None if it is none.

    Null is None; a list is its JSON. An object with two values for one path has none.
    """
    try:
        value = _DECODER.decode(text)
        return _unique(list(_leaves(value, ""))) if isinstance(value, dict) else None
    except (ValueError, RecursionError):
        return None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is repeated, and which of its values is meant is unknown")
    return found


_DECODER = json.JSONDecoder(
    parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_unique
)


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


def _first_line(text: io.TextIOBase) -> tuple[int, str]:
    """Return the number of the first line that is not blank, and its first characters."""
    number = 1
    while (line := text.readline(CHUNK).removeprefix(BYTE_ORDER_MARK)) and not line.strip():
        number += line.endswith("\n")
    return number, line


def _texts(
    text: io.TextIOBase, number: int, start: str, name: str, max_characters: int
) -> Iterator[str]:
    """Yield the lines from the one of a number that begins with `start`."""
    rest = "" if start.endswith("\n") else text.readline(max_characters + 1)
    line = start + rest
    while line:
        if len(line) > max_characters:
            raise JobError(
                f"{name}: line {number} is longer than `max_record_bytes`, {max_characters:,}: is "
                "it JSON lines? Otherwise set a larger number under `dialect`"
            )
        if line.strip():
            yield line
        line = text.readline(max_characters + 1)
        number += 1


def _elements(text: io.TextIOBase, start: str, name: str, max_characters: int) -> Iterator[str]:
    """Yield the text of each element of a list whose first characters are `start`."""
    found = _List(text, start.lstrip(WHITESPACE).removeprefix(LIST), name, max_characters)
    while (element := found.next_element()) is not None:
        yield element


class _List:
    """Reads a list element by element, so that it need not fit into memory."""

    def __init__(self, text: io.TextIOBase, start: str, name: str, max_characters: int) -> None:
        self._text, self._name, self._max_characters = text, name, max_characters
        self._buffer, self._position, self._number = start, 0, 0
        self._decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)

    def next_element(self) -> str | None:
        """Return the text of the next element, or None at the end of the list and the file."""
        mark = self._next_character()
        if mark == "]":
            self._position += 1
            return self._end()
        if self._number and not mark:
            raise self._error("is followed by nothing: the file is cut off, so copy it again")
        if self._number and mark != ",":
            raise self._error("is followed by something else than a comma: correct the file")
        self._position += mark == ","
        self._number += 1
        self._next_character()
        while not (end := self._end_of_value()):
            if len(self._buffer) - self._position > self._max_characters:
                raise self._error(
                    f"is longer than `max_record_bytes`, {self._max_characters:,}, or is no JSON: "
                    "correct it, or set a larger number under `dialect`"
                )
            if not self._fill():
                raise self._error("is no JSON, or is cut off: correct it, or copy the file again")
        element = self._buffer[self._position : end]
        self._position = end
        return element

    def _next_character(self) -> str:
        """Move to the next character that is not blank, and return it; "" at the end."""
        while True:
            while self._buffer[self._position : self._position + 1] in (*WHITESPACE,):
                self._position += 1
            if self._position < len(self._buffer) or not self._fill():
                return self._buffer[self._position : self._position + 1]

    def _end_of_value(self) -> int:
        """Return where the value ends that begins here, or 0 if it does not."""
        try:
            end = self._decoder.raw_decode(self._buffer, self._position)[1]
        except (ValueError, RecursionError):
            return 0
        # a number may go on
        return end if end < len(self._buffer) or not self._fill() else self._end_of_value()

    def _fill(self) -> bool:
        """Read on: as much as there is already, so that nothing is parsed too often."""
        self._buffer = self._buffer[self._position :]
        self._position = 0
        chunk = self._text.read(max(CHUNK, len(self._buffer)))
        self._buffer += chunk
        return bool(chunk)

    def _end(self) -> None:
        if self._next_character():
            raise JobError(
                f"{self._name} goes on after its list has ended: write one object in each line"
            )

    def _error(self, problem: str) -> JobError:
        return JobError(f"{self._name} is a list, and its element {self._number} {problem}")
