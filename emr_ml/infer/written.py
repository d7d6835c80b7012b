"""YAML with comments: scalars are PyYAML's own, so they mean what they say."""

import re
from collections.abc import Iterable, Sequence

import yaml

LONGEST_KEY = 1000  # YAML finds no longer key on one line
UNWIELDY = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def scalar(value: str) -> str:
    """A text in one line, quoted where YAML would take it for something else."""
    return _dumped(value, value).removesuffix("\n...")


def sequence(values: Iterable[str]) -> str:
    """Texts as a list in one line."""
    return f"[{', '.join(_dumped([value], value)[1:-1] for value in values)}]"


def entry(name: str, value: str, said: str = "", indent: str = "  ") -> list[str]:
    """`name: value  # said`, as lines."""
    key = scalar(name)
    lines = [f"{key}: {value}"] if len(key) < LONGEST_KEY else [f"? {key}", f": {value}"]
    lines[-1] += comment(said)
    return [indent + line for line in lines]


def left_out(name: str, value: str, said: str, indent: str = "  ") -> list[str]:
    """An entry that stands there as a comment: without the sign in front it would be one."""
    return [f"{indent}# {line}" for line in entry(name, value, said, "")]


def comment(said: str) -> str:
    """What follows a value in its line."""
    return f"  # {printable(said)}" if said else ""


def printable(text: str) -> str:
    """The text without signs that YAML has no place for."""
    return "".join(char if char.isprintable() else " " for char in text)


def aligned(pairs: Sequence[tuple[str, str, str]], indent: str = "  ") -> list[str]:
    """Plain keys with values, and what is said of each in one column."""
    width = max(len(f"{key}: {value}") for key, value, _ in pairs)
    return [
        f"{indent}{f'{key}: {value}':<{width}}{comment(said)}".rstrip()
        for key, value, said in pairs
    ]


def _dumped(value: str | list[str], text: str) -> str:
    """One line of YAML; a text with line breaks or the like is escaped within quotes."""
    style = '"' if UNWIELDY.search(text) else None
    return yaml.safe_dump(
        value, default_style=style, default_flow_style=True, allow_unicode=True, width=float("inf")
    ).removesuffix("\n")
