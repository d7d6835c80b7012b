"""Patterns of dates and times, as Spark reads them."""

import re

# what Spark reads: spark.apache.org/docs/latest/sql-ref-datetime-pattern.html
LETTERS = frozenset("GyMLdDahKkHmsSVzOXxZ")
SECTION = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']")
WEEKDAY = re.compile(r"EEEE?,? +")  # before a date, where the job drops it
LONGEST = {"d": 2, "H": 2, "h": 2, "K": 2, "k": 2, "m": 2, "s": 2, "M": 5, "L": 5, "S": 9, "y": 6}


def pattern_problem(pattern: str) -> str | None:
    """Return what is wrong with a pattern, or None if Spark can read dates or times by it."""
    rest = pattern[found.end() :] if (found := WEEKDAY.match(pattern)) else pattern
    letters = ""
    position = 0
    while position < len(rest):
        section = SECTION.match(rest, position)
        if section is None:
            return f"'{pattern}' has a quote that is not closed"
        if letter := section[1]:
            if letter not in LETTERS:
                return (
                    f"'{pattern}': '{letter}' is no letter of Spark's patterns, such as "
                    "d/M/yyyy HH:mm; put plain text between single quotes"
                )
            if len(section[0]) > LONGEST.get(letter, 5):
                return f"'{pattern}' has '{letter}' too often"
            letters += letter
        position = section.end()
    if not letters:
        return f"'{pattern}' is no pattern of Spark, such as d/M/yyyy HH:mm"
    return None
