"""Read texts and numbers by the rules of a column."""

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

SHOWN = 100  # characters of an offending value in a reason
BLANKS = "".join(map(chr, range(1, 33)))  # what the trim of a dialect removes, and Java's parsers
USUAL_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
PLAIN_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
DOTTED_I = "i\u0307"  # of a Turkish capital I with a dot

# returns what a value means, and adds what is wrong with it to a list
Read = Callable[[Any, list[str]], Any]


def text_of(value: Any) -> str | None:
    """Return a value as text, None if there is none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return None if isinstance(value, float) and math.isnan(value) else str(value)


def shown(text: str) -> str:
    """Return the beginning of an offending value, in characters that any file can hold."""
    return text[:SHOWN].replace("\0", "\\0").encode(errors="backslashreplace").decode()


def present_text(value: Any, missing: Collection[str]) -> str | None:
    """Return a value as trimmed text, None if that stands for a missing value."""
    text = text_of(value)
    text = text.strip(" ") if text else None
    return text if text and text not in missing else None


def number_reader(column: Mapping[str, Any]) -> Read:
    """Return what reads the values of a numeric column; NaN stands for a missing number."""
    name, missing, required = column["name"], frozenset(column["missing"]), column["required"]
    is_plain, usual = column["number"]["is_plain"], USUAL_NUMBER.fullmatch
    least = -math.inf if column["min"] is None else column["min"]
    most = math.inf if column["max"] is None else column["max"]
    parse = number_parser(column["number"])

    def read_text(value: Any, problems: list[str]) -> float:
        text = present_text(value, missing)
        if text is None:
            if required:
                problems.append(f"{name} is missing")
            return math.nan
        number = parse(text)
        if number is None:
            problems.append(f"{name} is not a number: {shown(text)}")
            return math.nan
        return number

    def read(value: Any, problems: list[str]) -> float:
        kind = type(value)
        if kind is float:
            number = value
        elif kind is str:
            is_usual = is_plain and usual(value) and value not in missing
            number = float(value) if is_usual else math.nan
        else:
            number = _float(value) if _is_number(value) else math.nan
        if number - number:  # not zero of an infinite number or NaN
            number = read_text(value, problems)
        if least <= number <= most or math.isnan(number):
            return number
        limit = (
            f"below its `min` {least:.15g}" if number < least else f"above its `max` {most:.15g}"
        )
        problems.append(f"{name} is {limit}: {value}")
        return number

    return read


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # Python's integers have no limit
        return math.inf


def text_reader(column: Mapping[str, Any]) -> Read:
    """Return what reads the values of a column with categories or texts."""
    name, missing, required = column["name"], column["missing"], column["required"]
    is_prose, fold_case = column["kind"] == "text", column["fold_case"]
    allowed = None if column["allowed"] is None else frozenset(column["allowed"])
    pattern = re.compile(column["pattern"], re.ASCII) if column["pattern"] else None
    written = column["written_pattern"]

    def read(value: Any, problems: list[str]) -> str | None:
        text = text_of(value)
        if is_prose:
            text = text if text and text.strip(" ") else None
        else:
            text = present_text(text, missing)
            if fold_case and text:
                text = lower_case(text)
        if text is None:
            if required:
                problems.append(f"{name} is missing")
            return None
        if not text.isascii() and not _is_unicode(text):
            problems.append(f"{name} contains bytes that are no text: {shown(text)}")
        if "\0" in text:
            problems.append(f"{name} contains a NUL byte: {shown(text)}")
        if allowed is not None and text not in allowed:
            problems.append(f"{name} is not one of its `allowed` values: {shown(text)}")
        if pattern and not pattern.fullmatch(text):
            problems.append(f"{name} does not match its `pattern` {written}: {shown(text)}")
        return text

    return read


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def lower_case(text: str) -> str:
    """Return the text in lower case; a Turkish capital I with a dot becomes an i."""
    return text.lower().replace(DOTTED_I, "i")


def number_parser(spec: Mapping[str, Any]) -> Callable[[str], float | None]:
    """Return the function from a text to its number, None if it is none."""
    decimal = spec["decimal"]
    if spec["duration"]:
        return _duration_parser(spec["duration"])
    if "replace" not in spec:
        return lambda text: _plain_number(text, decimal)
    replace = replacer(spec["replace"])
    multiple = re.compile(spec["multiple"], re.ASCII) if spec["multiple"] else None
    after = replacer(spec["after"])
    grouped = re.compile(spec["grouped"], re.ASCII) if spec["grouped"] else None
    fraction = re.compile(spec["fraction"], re.ASCII) if spec["fraction"] else None

    def parse(text: str) -> float | None:
        text, factor = replace(text), 1.0
        if multiple:
            text = lower_case(text)
            if found := multiple.search(text):
                factor = spec["factors"][found[1]]
            text = multiple.sub("", text)
        text = after(text)
        if grouped and grouped.search(text):
            text = re.sub(spec["mark"], "", text)
        number = _plain_number(text, decimal)
        if number is not None:
            return number * factor
        found = fraction.fullmatch(text) if fraction else None
        if not found or not float(found[4]):
            return None
        total = float(found[2] or 0) + float(found[3]) / float(found[4])
        return -total if found[1] == "-" else total

    return parse


def replacer(pairs: Sequence[Sequence[str]]) -> Callable[[str], str]:
    """Return what replaces matches of patterns, one pattern after the other."""
    compiled = [(re.compile(pattern, re.ASCII), by) for pattern, by in pairs]

    def replace(text: str) -> str:
        for pattern, by in compiled:
            text = pattern.sub(by, text)
        return text

    return replace


def _plain_number(text: str, decimal: str) -> float | None:
    if decimal == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    number = text.strip(BLANKS)
    if not PLAIN_NUMBER.fullmatch(number):
        return None
    value = float(number)
    return value if math.isfinite(value) else None


def _duration_parser(spec: Mapping[str, Any]) -> Callable[[str], float | None]:
    pattern = re.compile(spec["pattern"], re.ASCII)

    def parse(text: str) -> float | None:
        found = pattern.fullmatch(text)
        if not found:
            return None
        counts = (float((each or "0").replace(",", ".")) for each in found.groups()[1:])
        total = sum(count * each for count, each in zip(counts, spec["seconds"], strict=True))
        return -total if found[1] == "-" else total

    return parse
