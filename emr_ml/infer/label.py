"""Which column is to be predicted, and what kind of problem that is."""

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emr_ml.infer.column_kinds import is_reserved, name_words, shown
from emr_ml.infer.sample import composed
from emr_ml.infer.values import is_number
from emr_ml.sources.listing import SourceError

LAST, FIRST = 1, 0.25  # ranks of a column by its place alone
OTHERWISE = "--label names another"
FEW = 20  # values that classes may have where the column has no known name
MANY = 100  # values from which on classes are hard to believe
LISTED = 50  # classes that are written down
REPEATED = 5  # rows per value on average, where numbers may be classes
# names without blanks and signs: those of hardly anything but labels, and others that labels have
STRONG = re.compile(
    "labels?|targets?|classlabel|survived|churn(ed)?|exited|diagnosis|sentiment|species|outcome"
    "|attrition|(is)?fraud|(is)?spam|medv|saleprice|creditrisk|defaultpaymentnextmonth"
    "|loanstatus|subscribed|heartdisease|readmitted"
)
MEDIUM = re.compile("class|y")
WEAK = re.compile(
    "income|salary|price|type|quality|default|results?|response|status|category|variety"
    "|risk|score|rating|charges|medhouseval|medianhousevalue|stroke|purchased|deposit|approved|clicked|converted|output|winner"
)
# values in small letters
POSITIVE = re.compile(
    r"yes|y|true|t|\+|pos|positive|malignant|spam|fraud|churned|>\s*50k|success|won|win|approved"
    "|survived|sick|abnormal|disease|present|bad|default|defaulted|converted|clicked"
)
NEGATIVE = re.compile(
    r"no|n|false|f|-|neg|negative|benign|ham|<=\s*50k|healthy|normal|control|absent|good|none"
    r"|failure|lost|loss|(no|not|non)\b.*"
)


@dataclass(frozen=True)
class Target:
    """The column to predict. `problem` is binary, multiclass or regression; `notes` by key."""

    column: str
    reason: str
    problem: str
    positive: str | None = None
    others: tuple[str, ...] = ()
    said: str = ""
    junk: frozenset[str] = frozenset()


def find_label(
    names: Sequence[str], values: Mapping[str, Counter[str]], wanted: str | None, *, named: bool
) -> tuple[str, str] | None:
    """The column to predict and why it is that one, or None.

    Args:
        names: in the file's order.
        values: how often each value that is there stands in each column.
        wanted: what the user named.
        named: the names are the file's own, so they tell something.

    Raises:
        SourceError: there is no such column, or it can't be the label.
    """
    if wanted is not None:
        return _asked_for(names, values, wanted), "as asked for"
    usable = [name for name in names if len(values[name]) > 1 and not is_reserved(name)]
    if len(names) == 1 or not usable:
        return None
    # of equally likely ones the later one
    best = max(reversed(usable), key=lambda name: _rank(name, names, values[name], named=named))
    rank = _rank(best, names, values[best], named=named)
    if rank in (LAST, FIRST):
        place = "last" if rank == LAST else "first"
        return best, f"a guess: the {place} column, of {len(values[best])} values; {OTHERWISE}"
    if rank:
        return best, f"a guess: labels are often called so; {OTHERWISE}"
    few = [name for name in usable if _few(values[name])]
    if len(few) == 1:
        return few[0], f"a guess: the only column of few values; {OTHERWISE}"
    return None


def _asked_for(names: Sequence[str], values: Mapping[str, Counter[str]], wanted: str) -> str:
    (found,) = composed([wanted])
    if found not in names:
        by_fold = {name.casefold(): name for name in names}
        close = difflib.get_close_matches(wanted.strip().casefold(), by_fold, n=1, cutoff=0.5)
        meant = f"'{by_fold[close[0]]}' was probably meant" if close else _listed(names)
        raise SourceError(f"there is no column '{wanted}': {meant}")
    if is_reserved(found):
        raise SourceError(f"'{found}' is a name that the jobs use: rename the column in the file")
    if not values[found]:
        raise SourceError(f"'{found}' has no value in the rows that were looked at")
    return found


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return "the file has " + ", ".join(f"'{name}'" for name in names[:20]) + more


def _rank(name: str, names: Sequence[str], counts: Counter[str], *, named: bool) -> float:
    """How likely a column is the label, by its name, its place and its values; 0 if not at all."""
    known = _rank_of_name(name, names) if named else 0
    if known and (_numeric(counts) or (_repeats(counts) and len(counts) <= MANY)):
        return known
    outer = {names[0]: 0 if named else FIRST, names[-1]: LAST}.get(name, 0)
    return outer if _few(counts) else 0


def _few(counts: Counter[str]) -> bool:
    return _repeats(counts) and len(counts) <= FEW


def _repeats(counts: Counter[str]) -> bool:
    return sum(counts.values()) >= 2 * len(counts)


def _numeric(counts: Counter[str]) -> bool:
    return all(is_number(value) or is_number(value, ",") for value in counts)


def _rank_of_name(name: str, names: Sequence[str]) -> float:
    """How well a name is known for labels; the outer columns are likelier than the inner ones."""
    plain = re.sub(r"[\W_]+", "", name.casefold())
    outer = {names[0]: 0.5, names[-1]: 0.9}.get(name, 0)
    if STRONG.fullmatch(plain) or name_words(name) & {"label", "target", "outcome"}:
        return 3 + outer
    coordinate = plain == "y" and "x" in map(str.casefold, names)
    if MEDIUM.fullmatch(plain) and not coordinate:
        return 2 + outer
    if WEAK.fullmatch(plain):
        return 1.5 if name == names[-1] else 0.5
    return 0


def describe_target(column: str, reason: str, counts: Counter[str], decimal: str) -> Target:
    """What the label's values make of the problem.

    Args:
        column: its name.
        reason: why it is that column.
        counts: how often each value that is there stands in it, at least one.
        decimal: the decimal mark.
    """
    total = sum(counts.values())
    strange = frozenset(value for value in counts if not is_number(value, decimal))
    few = len(counts) <= FEW and total >= REPEATED * len(counts)
    whole = all(re.fullmatch(r"[+-]?\d+(\.0*)?", value) for value in counts)
    rejected = sum(counts[value] for value in strange)
    if len(counts) > 2 and rejected <= 0.01 * total and not (few and whole):
        said = "numbers, so a regression; without `kind: numeric` each of them would be a class"
        return Target(column, reason, "regression", said=said, junk=strange)
    shares = ", ".join(f"{shown(value)} {count:,}" for value, count in counts.most_common(8))
    said = shares + (f" and {len(counts) - 8} more" if len(counts) > 8 else "")
    if len(counts) != 2:
        classes = tuple(sorted(counts))
        return Target(column, reason, "multiclass", others=classes, said=said)
    positive, why = _positive(counts)
    others = tuple(value for value in counts if value != positive)
    return Target(column, reason, "binary", positive, others, f"{why}; {said}")


def _positive(counts: Counter[str]) -> tuple[str, str]:
    """Which of two values is the positive one, and why."""
    first, second = sorted(counts, key=lambda value: (counts[value], value))
    for value, other in ((first, second), (second, first)):
        if is_number(value) and is_number(other) and float(value) == 1 and float(other) in (0, -1):
            return value, f"{shown(value)} against {shown(other)}"
        if POSITIVE.fullmatch(_plain(value)) and not POSITIVE.fullmatch(_plain(other)):
            return value, "by its name"
    for value, other in ((first, second), (second, first)):
        if NEGATIVE.fullmatch(_plain(other)):
            return value, f"the other one is {shown(other)}"
    return first, "the rarer one: name the other if it is what you look for"


def _plain(value: str) -> str:
    return value.casefold().strip(" .")
