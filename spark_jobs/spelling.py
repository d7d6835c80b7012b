"""How people spell words, numbers and times of day: one set of rules for Python and for Spark.

The patterns are texts that `re` and Java read alike. So digits are `[0-9]`, since `\\d` differs.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column

# what both make of the Turkish capital I with a dot: an i, and a dot to be put on it once more
DOTTED_I = "i\u0307"

THOUSANDS_BLANKS = " \u00a0\u202f\u2009"  # the spaces that separate thousands
GAP = f"[\t{THOUSANDS_BLANKS}]*"
MINUS_SIGN = "\u2212"  # of Unicode, as people and statistics programs write it
# a dash in place of the cents, as in `5,-`
NO_CENTS = "(?<=[0-9])[.,](?:-{1,2}|\u2013|\u2014)(?![0-9])"
# what accountants write for -5: `(5)` and `5-`, with the 5 as group 1
PARENTHESES = rf"\({GAP}((?s:.+?)){GAP}\)"
TRAILING_MINUS = f"([^-]+?){GAP}-"
# of laboratories, where a number is below or above what they measure
LIMIT = f"^(?:[<>]=?|[\u2264\u2265]){GAP}"
SIGN_AND_GAP = f"^([+-]){GAP}"
FRACTION = "([+-]?)(?:([0-9]+) )?([0-9]+)/([0-9]*[1-9][0-9]*)"  # sign, whole, above, below
# ` pm` for `p.m.` or `PM`, with the first letter as group 1; ignoring case, and with the letters of
# Unicode, for which Java needs `(?iU)`
HALF_OF_DAY = "(?<=[0-9])[ \u00a0\u202f]?([ap])\\.?[ \u00a0\u202f]?m\\.?(?![^\\W\\d_])"

# durations by how they are written: a pattern with the sign and the number of each unit as its
# groups, and the seconds of each unit
_DAYS = "(?:([0-9]{1,9}) (?i:days?),? )?"  # as Python, pandas and PostgreSQL write them
# Python writes an hour before zero as `-1 day, 23:00:00`, where the sign is of the days alone
_CLOCK_SIGN = "((?!-[0-9]+ (?i:days?),)[+-]?)"
_SECOND = "([0-5][0-9](?:[.,][0-9]{1,9})?)"
_HOURS_FIRST = f"{_CLOCK_SIGN}{_DAYS}([0-9]{{1,9}}):([0-5][0-9])(?::{_SECOND})?"
_MINUTES_FIRST = f"{_CLOCK_SIGN}{_DAYS}(?:([0-9]{{1,9}}):(?=[0-5][0-9]:))?([0-9]{{1,9}}):{_SECOND}"
_WEEKS, _WHOLE_DAYS, *_PARTS_OF_DAYS = (
    rf"(?:([0-9]{{1,9}}(?:\.[0-9]{{1,9}})?){GAP}(?:{words})\.?,?{GAP})?"
    for words in (
        "w(?:ee)?(?:ks?)?|wochen?",
        "d(?:ays?)?|tage?|jours?|d[i\u00ed]as?",
        "h(?:(?:ou)?rs?)?|std|stunden?",
        "m(?:in(?:ute[ns]?|utos?|s)?)?",
        "s(?:ec(?:ond)?s?|ek(?:unden?)?)?",
    )
)
# in ISO 8601, an M before the T is a month, which has no fixed length
_ISO_MARK = "(?:P(?![^T]*M)(?=T?[0-9])|(?=[0-9]))"
_UNITS = f"(?iu:([+-]?){_ISO_MARK}{_WEEKS}{_WHOLE_DAYS}T?{''.join(_PARTS_OF_DAYS)})"
DURATIONS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "h:mm": (_HOURS_FIRST, (86_400, 3600, 60, 1)),
    "m:ss": (_MINUTES_FIRST, (86_400, 3600, 60, 1)),
    "units": (_UNITS, (604_800, 86_400, 3600, 60, 1)),
}


def lower_case(text: str) -> str:
    """Return the text in lower case; a Turkish `İ` becomes an `i`."""
    return text.lower().replace(DOTTED_I, "i")


def lower_case_column(text: "Column") -> "Column":
    """Return the texts as `lower_case` does."""
    # the function above is also used where Spark is not installed
    from pyspark.sql import functions as F

    return F.replace(F.lower(text), F.lit(DOTTED_I), F.lit("i"))


def unit_before(unit: str) -> str:
    """Return a pattern of a unit before a number, in any case; its sign is group 1."""
    return f"^([+-]?){GAP}{_in_any_case(unit)}{GAP}"


def unit_behind(unit: str) -> str:
    """Return a pattern of a unit behind a number, in any case."""
    return f"{GAP}{_in_any_case(unit)}$"


def _in_any_case(text: str) -> str:
    return f"(?iu:{re.escape(text)})"


def factors_in_lower_case(multiples: Mapping[str, float]) -> dict[str, float]:
    """Return the factors by what stands behind a number in lower case, the longest first."""
    factors = {lower_case(name): factor for name, factor in multiples.items()}
    return dict(sorted(factors.items(), key=lambda item: (-len(item[0]), item[0])))


def multiple_behind(multiples: Mapping[str, float]) -> str:
    """Return a pattern of what stands behind a number in lower case, as group 1."""
    return f"{GAP}({'|'.join(map(re.escape, factors_in_lower_case(multiples)))})$"


def thousands_mark(thousands: str) -> str:
    """Return a pattern of a mark between thousands; a blank stands for all kinds of them."""
    return f"[{THOUSANDS_BLANKS}]" if thousands == " " else re.escape(thousands)


def grouped_number(thousands: str, decimal: str) -> str:
    """Return a pattern of a number with marks: by threes, or in India by twos before the last."""
    mark = thousands_mark(thousands)
    by_threes = f"[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+"
    by_twos = f"[0-9]{{1,2}}(?:{mark}[0-9]{{2}})*{mark}[0-9]{{3}}"
    return f"[+-]?(?:{by_threes}|{by_twos})(?:{re.escape(decimal)}[0-9]*)?"
