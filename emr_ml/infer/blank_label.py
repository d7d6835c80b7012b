"""Labels of which one class is left blank: `X`, or nothing."""

import re
from collections import Counter
from collections.abc import Container
from dataclasses import replace

from emr_ml.infer.column_kinds import FOLDED, format_percent, quoted
from emr_ml.infer.label import NEGATIVE, POSITIVE, LabelGuess, guess_problem, matches
from spark_jobs.spelling import lower_case

MARK = re.compile(r"[x1✓✔☑✅*•]")
MIN_ROWS = 10
MIN_SHARE = 0.05  # of the rows, for each of the two classes
NAMES = ("no", "blank", "not given")


def blank_class(counts: Counter[str], blanks: int, taken: Container[str]) -> str | None:
    """Return a name for the class of rows that are blank, or None if these lack a label.

    Args:
        counts: of the values that are not missing.
        blanks: number of rows without a value.
        taken: values that can't be the name.
    """
    rows, values = counts.total() + blanks, _folded(counts)
    if len(values) != 1 or rows < MIN_ROWS:
        return None
    if not MIN_SHARE <= blanks / rows <= 1 - MIN_SHARE:
        return None
    (value,) = values
    if value == "0" or matches(NEGATIVE, value):
        return None
    names = ("0", *NAMES) if value == "1" else NAMES
    return next(name for name in names if name not in taken)


def is_tick(counts: Counter[str]) -> bool:
    """Return whether all values tick a box or mean yes, so that a blank means no."""
    return all(MARK.fullmatch(value) or matches(POSITIVE, value) for value in _folded(counts))


def guess_with_blanks(
    column: str, reason: str, counts: Counter[str], blank: str, blanks: int
) -> LabelGuess:
    """Return the binary label of the only value, and of blanks as a class of that name."""
    are_folded = len(counts) > 1
    values = _folded(counts) if are_folded else counts
    guess = guess_problem(column, reason, Counter({**values, blank: blanks}), ".")
    share = format_percent(blanks / (counts.total() + blanks))
    # no row has the name of the class
    note = guess.note.replace(f"{quoted(blank)} {blanks:,}", f"blank {blanks:,}")
    note = f"{note}; blank in {share} of the rows, which `blank` takes for '{blank}': remove "
    note += "it, and `negative`, if these rows lack a label"
    rules = {"blank": blank, **({"fold_case": True} if are_folded else {})}
    return replace(guess, note=f"{note}; {FOLDED}" if are_folded else note, rules=rules)


def _folded(counts: Counter[str]) -> Counter[str]:
    folded = Counter[str]()
    for value, count in counts.items():
        folded[lower_case(value)] += count
    return folded
