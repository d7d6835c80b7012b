"""How messages show names, times and sizes, and what they suggest. Imports nothing heavy."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from spark_jobs.evaluation.wording import rounded_float

NAME_CHARACTERS = 60
NAMES_LISTED = 8


def shorten(text: str, limit: int = NAME_CHARACTERS) -> str:
    """Return the text, cut with an ellipsis after `limit` characters."""
    return text if len(text) <= limit else f"{text[:limit]}…"


def join_first(texts: Sequence[str], limit: int = NAMES_LISTED, separator: str = ", ") -> str:
    """Join the first `limit` texts, and count the others: `a, b and 3 more`."""
    shown = separator.join(texts[:limit])
    return f"{shown} and {len(texts) - limit} more" if len(texts) > limit else shown


def quote_names(names: Sequence[str], limit: int = NAMES_LISTED) -> str:
    """Join names in quotes, each shortened: `'a', 'b' and 3 more`."""
    return join_first([f"'{shorten(name)}'" for name in names], limit)


def closest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name that is most like the word, or None if none is.

    Only letters and digits are compared, without case.

    Args:
        word: what was written.
        known: what could have been meant.
        cutoff: least similarity, from 0 to 1, as in `difflib.get_close_matches`.
    """
    by_letters = {_letters(name): name for name in known}
    by_letters.pop("", None)
    matches = difflib.get_close_matches(_letters(word), by_letters, n=1, cutoff=cutoff)
    return by_letters[matches[0]] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question to append to an error message, or an empty text if nothing is alike."""
    name = closest(word, known)
    return f": did you mean {name}?" if name else ""


def unknown_key(key: str, known: Sequence[str]) -> str:
    """Return what is wrong with a key that is not among the known ones."""
    hint = did_you_mean(key, known) or (f": known are {', '.join(known)}" if known else "")
    return f"unknown key{hint}"


def escape_control_characters(text: str) -> str:
    """Replace characters that a terminal would obey by their codes; keep line breaks and tabs."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode()
        for char in text
    )


def rounded(value: Any) -> Any:
    """Return numbers, also those in a mapping, as `number` shows them; all else as it is."""
    if isinstance(value, float):
        return rounded_float(value)
    if isinstance(value, Mapping):
        return {key: rounded(each) for key, each in cast("Mapping[str, Any]", value).items()}
    return value


def duration(seconds: float) -> str:
    """Return a duration such as `42 s`, `3 min 05 s` or `2 h 03 min`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def file_size(size: float) -> str:
    """Return a number of bytes in bytes, in kB or in MB, whichever is shortest."""
    if size < 1e3:
        return f"{size:,.0f} bytes"
    if size < 1e6:
        return f"{size / 1e3:,.0f} kB"
    return f"{size / 1e6:,.1f} MB" if size < 1e8 else f"{size / 1e6:,.0f} MB"


def local_time(moment: datetime) -> str:
    """Return a moment to the minute, in the time zone of this machine."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def local_time_of(text: str) -> str:
    """Return the moment that ISO 8601 states as `local_time` does, or else the text as it is."""
    try:
        return local_time(datetime.fromisoformat(text))
    except ValueError:
        return escape_control_characters(text)


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
