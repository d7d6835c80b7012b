"""Texts that no dialect describes, and how to convert them: logs, and columns of fixed width."""

import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice

from emr_ml.infer.dialect import MAX_RECORDS, ParseResult

ACCESS = re.compile(r"(\S+ ){3,4}\[\d\d/[A-Z][a-z]{2}/\d{4}(:\d\d){3} [+-]\d{4}\] \"")
FIELDS = re.compile(r"#fields:?\s+(.+)", re.IGNORECASE)  # of W3C's logs and Zeek's
MIN_LOG_SHARE = 0.9  # of the lines
MIN_LINES = 10  # for blanks at the same place in each to be no chance
MIN_USED = 0.8  # of the lines, that are long enough to have a column
MAX_WIDTH = 5000  # characters
NEW_DELIMITERS = "|;~,"


def problem_of_format(text: str, result: ParseResult) -> str | None:
    """Return why no dialect describes a text, and the command that converts it, or None.

    Args:
        text: the first characters of the file, at least one.
        result: of the likeliest dialect.
    """
    lines = [line.rstrip() for line in islice(io.StringIO(text), MAX_RECORDS) if line.strip()]
    if sum(map(bool, map(ACCESS.match, lines))) >= MIN_LOG_SHARE * len(lines):
        return (
            "is the access log of a web server, in which a blank splits the time in brackets: put "
            r"""the time in quotes, with `sed -E 's/\[([^]]*)\]/"\1"/' FILE > FILE.csv`"""
        )
    if result.fields > 1 and result.dialect.delimiter != " ":
        return None
    if is_aligned_by_spaces(text):
        return (
            "separates its fields by runs of spaces, which a contract can't describe: use a "
            "single delimiter, for example with `tr -s ' ' ','`"
        )
    gaps = _gaps(lines)
    if not gaps:
        return None
    mark = next((each for each in NEW_DELIMITERS if each not in text), "|")
    # from the right, so that no edit moves what the next one counts
    edits = "; ".join(f"s/./&{mark}/{gap}" for gap in reversed(gaps))
    return (
        "has columns of fixed width, which a contract can't describe: put a delimiter between "
        f"them, for example with `sed '{edits}' FILE > FILE.csv`"
    )


def log_fields(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the names in comments such as `#Fields: date time c-ip`.

    They are () if there is no such comment, or if comments differ.
    """
    found = {tuple(match[1].split()) for line in lines if (match := FIELDS.match(line))}
    return found.pop() if len(found) == 1 else ()


def is_aligned_by_spaces(text: str) -> bool:
    """Return whether runs of spaces separate the fields, which no dialect can describe."""
    lines = [line.strip() for line in islice(io.StringIO(text), MAX_RECORDS) if line.strip()]
    with_runs = sum("  " in line for line in lines)
    ((_, count),) = Counter(len(line.split()) for line in lines).most_common(1) or [(0, 0)]
    # the header may be a single word, and the last line may be truncated
    return len(lines) > 2 and with_runs > len(lines) / 2 and count >= len(lines) - 2


def _gaps(lines: Sequence[str]) -> list[int]:
    """Return how many characters are before each column but the first.

    Before a column, all lines have a blank, unless they have ended.
    """
    width = max(map(len, lines))
    with_runs = sum("  " in line for line in lines)
    if len(lines) < MIN_LINES or width > MAX_WIDTH or with_runs <= len(lines) / 2:
        return []
    are_blank = [
        all(line[place : place + 1] in ("", " ") for line in lines) for place in range(width)
    ]
    used = [sum(len(line) > place for line in lines) / len(lines) for place in range(width)]
    first = are_blank.index(False)
    return [
        place
        for place in range(first + 1, width)
        if are_blank[place - 1] and not are_blank[place] and used[place] >= MIN_USED
    ]
