"""Records that a job rejects whatever the kinds of their columns, so they shape no guess."""

from collections import Counter
from collections.abc import Sequence

from emr_ml.infer.encoding import UNDECODABLE, Encoding

WRONG_COUNT = "too few or too many fields"
HEADER_AGAIN = "the names of the header again"
UNDECODED = "bytes that are not UTF-8"


def without_rejected(
    rows: list[list[str]], names: Sequence[str], encoding: Encoding
) -> tuple[list[list[str]], Counter[str]]:
    """Return the rows without those that a job rejects whatever their columns, and the counts."""
    unusable = Counter[str]()
    if len(names) > 1:
        header = [*map(str.strip, names)]
        usable = [row for row in rows if [*map(str.strip, row)] != header]
        unusable[HEADER_AGAIN] = len(rows) - len(usable)
        rows = usable
    if encoding.is_mixed:
        usable = [row for row in rows if not any(UNDECODABLE in field for field in row)]
        unusable[UNDECODED] = len(rows) - len(usable)
        rows = usable
    return rows, +unusable
