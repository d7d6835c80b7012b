"""Types, defaults and docstrings as text of the pages in docs/reference/."""

import inspect
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin

SHOWN = 60  # characters of a default
JSON_TYPES = {
    "string": "text",
    "boolean": "true or false",
    "object": "mapping",
    "null": "null",
    "integer": "whole number",
    "number": "number",
}
PYTHON_TYPES = {
    int: "whole number",
    float: "number",
    str: "text",
    bool: "true or false",
    NoneType: "null",
    Any: "any value",
}
BOUNDS = {
    "minimum": "from",
    "exclusiveMinimum": "above",
    "maximum": "to",
    "exclusiveMaximum": "below",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines
    )


def paragraph(text: str) -> str:
    """Return a docstring as text of a page: without its indentation and its sections."""
    said = inspect.cleandoc(text).split("\nArgs:")[0].split("\nRaises:")[0]
    return re.sub(r"(?<!\n)\n(?!\n)", " ", said).strip()


def literal(value: Any) -> str:
    """Return a value as one writes it in YAML."""
    match value:
        case None:
            return "`null`"
        case bool():
            return f"`{str(value).lower()}`"
        case "":
            return '`""`'
        case list() | dict():
            text = json.dumps(value, ensure_ascii=False)
            return (
                "none" if not value else f"`{text}`" if len(text) <= SHOWN else "as in the example"
            )
        case float():
            return f"`{value:g}`"
        case _:
            return f"`{value}`"


def allowed_by(schema: Mapping[str, Any]) -> str:
    """Return what values a JSON schema allows."""
    match schema:
        case {"$ref": str() as address}:
            name = address.rpartition("/")[2].removesuffix("Model")
            words = f"[{name}](#{name.lower()})"
        case {"const": value}:
            words = literal(value)
        case {"enum": values}:
            words = ", ".join(literal(each) for each in values)
        case {"anyOf": several} | {"oneOf": several}:
            words = " or ".join(dict.fromkeys(allowed_by(each) for each in several))
        case {"type": "array"}:
            words = f"list of {allowed_by(schema.get('items', {}))}"
        case {"type": "object", "additionalProperties": dict() as values}:
            words = f"mapping to {allowed_by(values)}"
        case _:
            given = [f"{word} {schema[key]:g}" for key, word in BOUNDS.items() if key in schema]
            words = " ".join([JSON_TYPES.get(str(schema.get("type")), "any value"), *given])
    return words


def in_words(hint: Any) -> str:
    """Return what values a type of Python has."""
    inner = get_args(hint)
    match get_origin(hint):
        case origin if origin is NotRequired:
            words = f"{in_words(inner[0])}, if known"
        case origin if origin is Literal:
            words = ", ".join(literal(each) for each in inner)
        case origin if origin in (Union, UnionType):
            words = " or ".join(in_words(each) for each in inner)
        case origin if origin is list:
            words = f"list of {in_words(inner[0])}"
        case origin if origin in (dict, Mapping):
            words = "mapping" if inner[1] is Any else f"mapping to {in_words(inner[1])}"
        case _:
            words = PYTHON_TYPES.get(hint) or getattr(hint, "__name__", str(hint))
    return words
