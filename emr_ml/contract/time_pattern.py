"""Patterns of dates and times, as Spark reads them."""

import re

# how often each letter may follow itself, for Spark to read by it:
# spark.apache.org/docs/latest/sql-ref-datetime-pattern.html
LENGTHS = {
    **dict.fromkeys("dHhKkms", (1, 2)),
    **dict.fromkeys("GMLz", (1, 2, 3, 4)),
    **dict.fromkeys("XxZ", (1, 2, 3, 4, 5)),
    "y": (1, 2, 3, 4, 5, 6),
    "D": (1, 2, 3),
    "S": (*range(1, 10),),
    "O": (1, 4),
    "V": (2,),
    "a": (1,),
}
SECTION = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']")
WEEKDAY = re.compile(r"EEEE?,? +")  # before a date, where the job drops it
RESERVED = "{}#"


def pattern_problem(pattern: str) -> str | None:
    """Return what is wrong with a pattern, or None if Spark can read dates or times by it."""
    rest = pattern[found.end() :] if (found := WEEKDAY.match(pattern)) else pattern
    has_letters = False
    position = open_brackets = 0
    while position < len(rest):
        section = SECTION.match(rest, position)
        if section is None:
            return f"'{pattern}' has a quote that is not closed"
        open_brackets += (section[0] == "[") - (section[0] == "]")
        problem = _section_problem(section[0], section[1], closes_nothing=open_brackets < 0)
        if problem:
            return f"'{pattern}'{problem}"
        has_letters |= section[1] is not None
        position = section.end()
    return None if has_letters else f"'{pattern}' is no pattern of Spark, such as d/M/yyyy HH:mm"


def _section_problem(text: str, letter: str | None, *, closes_nothing: bool) -> str | None:
    """Return what is wrong with a section, to follow the pattern; `letter` is what it repeats."""
    if text in RESERVED:
        return f": put '{text}' between single quotes to mean that character"
    if closes_nothing:
        return (
            " closes a bracket that is not open: `[` and `]` stand around what may lack; put them "
            "between single quotes to mean these characters"
        )
    if letter and letter not in LENGTHS:
        return (
            f": '{letter}' is no letter of Spark's patterns, such as d/M/yyyy HH:mm; put plain "
            "text between single quotes"
        )
    if letter and len(text) not in LENGTHS[letter]:
        lengths = " or ".join(letter * length for length in LENGTHS[letter])
        return f" has '{text}', where Spark reads only {lengths}"
    return None
