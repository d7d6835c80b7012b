"""Texts in lower case, the same in Python and in Spark."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column

# what both make of the Turkish capital I with a dot: an i, and a dot to be put on it once more
DOTTED_I = "i\u0307"


def lower_case(text: str) -> str:
    """Return the text in lower case; a Turkish `İ` becomes an `i`."""
    return text.lower().replace(DOTTED_I, "i")


def lower_case_column(text: "Column") -> "Column":
    """Return the texts as `lower_case` does."""
    # the function above is also used where Spark is not installed
    from pyspark.sql import functions as F

    return F.replace(F.lower(text), F.lit(DOTTED_I), F.lit("i"))
