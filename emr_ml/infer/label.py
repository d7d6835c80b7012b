"""The column to predict, and what kind of problem that is."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from emr_ml.contract.base import is_reserved, reserved_name_problem
from emr_ml.infer.column_kinds import FOLDED, fold_case, name_words, quoted
from emr_ml.infer.durations import guess_duration
from emr_ml.infer.files import contract_names
from emr_ml.infer.number_format import guess_number_style
from emr_ml.infer.values import is_number, is_number_with_any_decimal
from emr_ml.sources.listing import SourceError
from emr_ml.wording import closest, join_first, quote_names
from spark_jobs.contract import Problem

LAST, FIRST = 1, 0.25  # ranks by position alone
FEW_CLASSES = 20  # most classes of a column without a label's name
MANY_CLASSES = 100  # most classes of a column with a label's name
MIN_ROWS_PER_CLASS = 5  # mean, for integers to be classes
MAX_NON_NUMERIC_SHARE = 0.01  # of the label of a regression
MAX_COUNTS = 8  # in a comment
MAX_NAMES = 20  # in an error
MIN_SIMILARITY = 0.5  # of the requested name to the one that is suggested

# lower case, without blanks and punctuation; strong names belong to hardly anything but labels
STRONG_NAMES = re.compile(
    "labels?|targets?|classlabel|survived|churn(ed)?|exited|diagnosis|sentiment|species|outcome"
    "|attrition|(is)?fraud|(is)?spam|medv|saleprice|creditrisk|defaultpaymentnextmonth"
    "|loanstatus|subscribed|heartdisease|readmitted"
)
MEDIUM_NAMES = re.compile("class|y")
WEAK_NAMES = re.compile(
    "income|salary|price|type|quality|default|results?|response|status|category|variety|risk|score"
    "|rating|charges|medhouseval|medianhousevalue|stroke|purchased|deposit|approved|clicked"
    "|converted|output|winner"
)
STRONG_WORDS = {"label", "target", "outcome"}
# values in lower case
# yes and no, true and false, positive and negative, in common languages
POSITIVE = re.compile(
    "ja|jah|oui|sí|si|sì|sim|tak|ano|áno|evet|da|да|так|igen|kyllä|taip|jā|ναι|ya|có|हाँ|はい|是"  # noqa: RUF001 - other scripts are meant
    "|예|네|نعم|כן|ใช่|wahr|richtig|vrai|verdadero|verdadeiro|vero|waar|prawda|pravda|doğru|igaz"
    "|sant|sann|истина|правда|真"
    "|positi[vf]|positiv[oaes]|pozytywny|pozitivní|pozitif|pozitív|положительн(ый|о)|позитивный"  # noqa: RUF001 - other scripts are meant
    "|陽性|阳性|양성"
    r"|yes|y|true|t|\+|pos|positive|malignant|spam|fraud|churned|>\s*50k|success|won|win|approved"
    "|survived|sick|abnormal|disease|present|bad|default|defaulted|converted|clicked"
)
NEGATIVE = re.compile(
    "nein|nee|nej|nei|não|nao|nie|ne|hay[ıi]r|нет|не|ні|nem|ei|nu|ne|nē|[όο]χι|tidak|không|नहीं"  # noqa: RUF001 - other scripts are meant
    "|いいえ|否|아니오|아니요|لا|לא|ไม่ใช่|falsch|faux|falso|vals|onwaar|fałsz|nepravda|yanlış|hamis"  # noqa: RUF001 - other scripts are meant
    "|falskt?|usann|ложь|неправда|假"
    "|negati[vf]|negativ[oaes]|negatywny|negativní|negatif|negatív|отрицательн(ый|о)|негативный"  # noqa: RUF001 - other scripts are meant
    "|陰性|阴性|음성"
    r"|no|n|false|f|-|neg|negative|benign|ham|<=\s*50k|healthy|normal|control|absent|good|none"
    r"|failure|lost|loss|(no|not|non)\b.*"
)


@dataclass(frozen=True)
class LabelGuess:
    """The label, and the problem that its values pose.

    Args:
        reason: why it is this column.
        positive: the positive value of a binary label.
        other_values: the negative value of a binary label, or all classes of a multiclass one.
        note: what the contract's comment states about the values.
        rejected_values: values of a regression that are not numbers.
        rules: further keys of the label in the contract, such as `format`.
        rarest_share: share of the rows that the rarest class has; 1 for a regression.
    """

    column: str
    reason: str
    problem: Problem
    positive: str | None = None
    other_values: tuple[str, ...] = ()
    note: str = ""
    rejected_values: frozenset[str] = frozenset()
    rules: Mapping[str, Any] = field(default_factory=dict[str, Any])
    rarest_share: float = 1.0


def choose_label(
    names: Sequence[str],
    counts: Mapping[str, Counter[str]],
    requested: str | None,
    *,
    has_header: bool,
) -> tuple[str, str] | None:
    """Return the column to predict and why it is this one, or None if there is no likely one.

    Args:
        names: in the file's order.
        counts: of the values that are not missing, by column.
        requested: the column that the user named.
        has_header: the names are the file's own.

    Raises:
        SourceError: the requested column does not exist, or can't be the label.
    """
    if requested is not None:
        return _requested_column(names, counts, requested), "chosen with --label"
    usable = [name for name in names if len(counts[name]) > 1 and not is_reserved(name)]
    if len(names) == 1 or not usable:
        return None
    ranks = {
        name: _rank(name, names, counts[name], has_header=has_header) for name in reversed(usable)
    }
    best = max(ranks, key=lambda name: ranks[name])  # of equal ranks the last column
    if ranks[best] in (LAST, FIRST):
        position = "last" if ranks[best] == LAST else "first"
        return best, _guessed(f"the {position} column, with {len(counts[best])} distinct values")
    if ranks[best]:
        return best, _guessed("a usual name for labels")
    candidates = [name for name in usable if _has_few_classes(counts[name])]
    if len(candidates) == 1:
        return candidates[0], _guessed("the only column with few distinct values")
    return None


def _guessed(why: str) -> str:
    return f"guessed: {why}; use --label to choose another"


def _requested_column(
    names: Sequence[str], counts: Mapping[str, Counter[str]], requested: str
) -> str:
    (name,) = contract_names([requested])
    if name not in names:
        similar = closest(requested, names, MIN_SIMILARITY)
        suggestion = (
            f"did you mean '{similar}'?"
            if similar
            else f"the file has {quote_names(names, MAX_NAMES)}"
        )
        raise SourceError(f"there is no column '{requested}': {suggestion}")
    if is_reserved(name):
        raise SourceError(reserved_name_problem(name))
    if not counts[name]:
        raise SourceError(f"'{name}' has no value in the sampled rows: choose another label")
    return name


def _rank(name: str, names: Sequence[str], counts: Counter[str], *, has_header: bool) -> float:
    """Return how likely a column is the label, by name, position and values; 0 for unlikely."""
    rank = _rank_by_name(name, names) if has_header else 0
    are_few = _values_repeat(counts) and len(counts) <= MANY_CLASSES
    if rank and (are_few or _are_numbers(counts)):
        return rank
    if not _has_few_classes(counts):
        return 0
    return {names[0]: 0 if has_header else FIRST, names[-1]: LAST}.get(name, 0)


def _are_numbers(counts: Counter[str]) -> bool:
    if all(map(is_number_with_any_decimal, counts)):
        return True
    return len(counts) > FEW_CLASSES and guess_number_style(list(counts), ".") is not None


def _rank_by_name(name: str, names: Sequence[str]) -> float:
    """Rank a name by how usual it is for labels; outer columns before inner ones."""
    plain = re.sub(r"[\W_]+", "", name.casefold())
    outer = {names[0]: 0.5, names[-1]: 0.9}.get(name, 0)
    if STRONG_NAMES.fullmatch(plain) or name_words(name) & STRONG_WORDS:
        return 3 + outer
    is_coordinate = plain == "y" and "x" in map(str.casefold, names)
    if MEDIUM_NAMES.fullmatch(plain) and not is_coordinate:
        return 2 + outer
    if WEAK_NAMES.fullmatch(plain):
        return 1.5 if name == names[-1] else 0.5
    return 0


def _has_few_classes(counts: Counter[str]) -> bool:
    return _values_repeat(counts) and len(counts) <= FEW_CLASSES


def _values_repeat(counts: Counter[str]) -> bool:
    return counts.total() >= 2 * len(counts)


def guess_problem(column: str, reason: str, counts: Counter[str], decimal: str) -> LabelGuess:
    """Return the problem that a label's values pose.

    Args:
        column: the label's name.
        reason: why it is this column.
        counts: of the values that are not missing, at least one.
        decimal: the decimal mark.
    """
    if folded := fold_case(counts):
        guess = guess_problem(column, reason, folded, decimal)
        return replace(guess, note=f"{guess.note}; {FOLDED}", rules={"fold_case": True})
    non_numeric = frozenset(value for value in counts if not is_number(value, decimal))
    if formatted := _formatted_regression(column, reason, counts, decimal, non_numeric):
        return formatted
    if _is_regression(counts, sum(counts[value] for value in non_numeric)):
        note = "numbers, so a regression; without `kind: numeric`, each number would be a class"
        return LabelGuess(column, reason, "regression", note=note, rejected_values=non_numeric)
    ordered = [f"{quoted(value)} {count:,}" for value, count in counts.most_common()]
    note = join_first(ordered, MAX_COUNTS)
    rarest = min(counts.values()) / counts.total()
    if len(counts) != 2:
        classes = tuple(sorted(counts))
        return LabelGuess(
            column, reason, "multiclass", other_values=classes, note=note, rarest_share=rarest
        )
    positive, why = _choose_positive(counts)
    negative = tuple(value for value in counts if value != positive)
    note = f"{why}; {note}"
    return LabelGuess(column, reason, "binary", positive, negative, note, rarest_share=rarest)


def _formatted_regression(
    column: str, reason: str, counts: Counter[str], decimal: str, non_numeric: frozenset[str]
) -> LabelGuess | None:
    """Return a guess if the values are many numbers, some written for people to read."""
    values, doubt = list(counts), ""
    if len(values) <= FEW_CLASSES or not non_numeric:
        return None
    style = guess_number_style(values, decimal)
    if style is None and (duration := guess_duration(values, decimal, name_words(column))):
        style, doubt = duration.style, duration.doubt
    if style is None:
        return None
    return LabelGuess(
        column,
        reason,
        "regression",
        note=f"numbers such as {quoted(min(non_numeric))}, so a regression{doubt}",
        rejected_values=frozenset(value for value in counts if style.parse(value) is None),
        rules={"format": style.entries(decimal)},
    )


def _is_regression(counts: Counter[str], non_numeric: int) -> bool:
    total = counts.total()
    is_few = len(counts) <= FEW_CLASSES and total >= MIN_ROWS_PER_CLASS * len(counts)
    are_integers = all(re.fullmatch(r"[+-]?\d+(\.0*)?", value) for value in counts)
    looks_like_classes = len(counts) <= 2 or (is_few and are_integers)
    return not looks_like_classes and non_numeric <= MAX_NON_NUMERIC_SHARE * total


def _choose_positive(counts: Counter[str]) -> tuple[str, str]:
    """Return the positive one of two values, and why it is this one."""
    rarer, commoner = sorted(counts, key=lambda value: (counts[value], value))
    pairs = ((rarer, commoner), (commoner, rarer))
    for value, other in pairs:
        if is_number(value) and is_number(other) and float(value) == 1 and float(other) in (0, -1):
            return value, f"{quoted(value)} rather than {quoted(other)}"
        if matches(POSITIVE, value) and not matches(POSITIVE, other):
            return value, "a usual name for the positive class"
    for value, other in pairs:
        if matches(NEGATIVE, other):
            return value, f"{quoted(other)} is a usual name for the negative class"
    return rarer, "the rarer value; change it if you look for the other"


def matches(pattern: re.Pattern[str], value: str) -> bool:
    """Return whether a value is one of those names, in any case."""
    return bool(pattern.fullmatch(value.casefold().strip(" .")))
