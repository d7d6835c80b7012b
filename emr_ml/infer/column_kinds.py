"""The kind of a column: a number, a date or time, a category or text; and what to leave out."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from statistics import fmean
from typing import Any

from emr_ml.contract.base import is_reserved
from emr_ml.contract.columns import ALL_PARTS, FIRST_YEAR
from emr_ml.infer.durations import guess_duration
from emr_ml.infer.number_format import guess_number_style, looks_like_number
from emr_ml.infer.time_pattern import guess_time_pattern
from emr_ml.infer.values import (
    LEADING_ZERO,
    MIN_PROSE_WORDS,
    are_ranges,
    has_other_digits,
    in_ascii_digits,
    is_compact_date,
    is_date,
    is_number,
    mean_words,
    parse_number,
)
from emr_ml.wording import shorten
from spark_jobs.contract import Kind
from spark_jobs.spelling import lower_case

KEY_WORDS = {"id", "ids", "uuid", "guid", "key", "pk", "identifier", "no", "nr", "number"}
UNAMBIGUOUS_KEY_WORDS = {
    *("id", "uuid", "guid", "ip", "iban", "ssn", "ean", "gtin", "isbn", "imei", "cpf", "cnpj"),
    *("phone", "telephone", "tel", "telefon", "telefone", "telefono", "teléfono", "téléphone"),
    *("mobile", "mobil", "handy", "celular", "fax", "телефон"),
}
ROW_NUMBER_WORDS = {"index", "idx", "row", "rowid", "rownames", "rownum", "unnamed"}

BIRTH_WORDS = {
    *("birth", "birthday", "birthdate", "dob", "born", "geburtsdatum", "geburtstag", "geboren"),
    *("naissance", "nascimento", "nacimiento", "nascita", "doğum", "рождения"),
}

CODE = re.compile(r"[\w-]+")
FOLDED = "in lower case, because some differ by case alone"
MIN_DIGITS_SHARE = 0.9  # of distinct values, some with leading zeros, for all to be codes
MIN_TIMES = 3  # values, for a column of dates or times
FEW_VALUES = 20  # fewer may look like a key by chance
MANY_CATEGORIES = 1000
MAX_DISTINCT_RATIO = 0.5  # with a higher one, values are codes or names instead of categories
MIN_KEY_RATIO = 0.2  # distinct ratio of integers named like a key, for them to be one

LONG_TEXT_WORDS = 8
LONG_TEXT_CHARACTERS = 60
INSPECTED_VALUES = 1000
EXAMPLES = 5  # in a comment
EXAMPLE_LENGTH = 30  # characters

MAX_REJECTED_SHARE = 0.01  # non-numeric values of a numeric column, whose rows are then rejected
MIN_WORD_SHARE = 0.2  # non-numeric values that make a column categorical or text


@dataclass(frozen=True)
class ColumnValues:
    """The sampled values of a column.

    Args:
        values: those that are not missing, in the file's order.
        counts: of each distinct value.
        rows: number of sampled rows, including missing values.
        decimal: the decimal mark.
    """

    name: str
    values: Sequence[str]
    counts: Counter[str]
    rows: int
    decimal: str = "."

    @cached_property
    def non_numeric(self) -> frozenset[str]:
        return frozenset(value for value in self.counts if not is_number(value, self.decimal))

    @property
    def is_unique(self) -> bool:
        return len(self.counts) == len(self.values)

    @property
    def distinct_ratio(self) -> float:
        return len(self.counts) / len(self.values)

    @cached_property
    def name_words(self) -> frozenset[str]:
        return name_words(self.name)

    @property
    def is_named_like_key(self) -> bool:
        return bool(self.name_words & KEY_WORDS)


@dataclass(frozen=True)
class ColumnProfile:
    """A column's kind, and what the contract's comment states about it.

    Args:
        note: a summary of the values, or "".
        exclusion: why not to learn from the column, or None.
        is_useless: the column is excluded even if no other column is left.
        is_key: each row has a value of its own.
        rejected_values: values that the kind rejects.
        rules: further keys of the column in the contract, such as `format`.
    """

    kind: Kind
    note: str = ""
    exclusion: str | None = None
    is_useless: bool = False
    is_key: bool = False
    rejected_values: frozenset[str] = frozenset()
    rules: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def exclude(
        self, reason: str, *, is_useless: bool = False, is_key: bool = False
    ) -> "ColumnProfile":
        """Return a copy that is excluded for that reason."""
        return replace(self, exclusion=reason, is_useless=is_useless, is_key=is_key)


def profile_column(column: ColumnValues) -> ColumnProfile:
    """Return the kind of a column, and whether to exclude it."""
    if not column.counts:
        return ColumnProfile("categorical").exclude("empty", is_useless=True)
    profile = _profile_present_values(column)
    missing = column.rows - len(column.values)
    if missing:
        notes = (profile.note, f"{format_percent(missing / column.rows)} missing")
        profile = replace(profile, note=", ".join(filter(None, notes)), is_key=False)
    if is_reserved(column.name):
        return profile.exclude("reserved name: rename the column in the file to use it")
    if len(column.counts) == 1 and not missing:
        return profile.exclude(f"always {quoted(column.values[0])}", is_useless=True)
    return profile


def name_words(name: str) -> frozenset[str]:
    """Split a name into words: `customerId`, `customer_id` and `Customer ID` have two."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return frozenset(re.findall(r"[^\W_]+", spaced.lower()))


def quoted(value: str) -> str:
    """Return a value for a comment, shortened and on one line."""
    return f"'{shorten(' '.join(value.split()), EXAMPLE_LENGTH)}'"


def quoted_list(values: Sequence[str], limit: int) -> str:
    """Return the first values for a comment."""
    more = ", …" if len(values) > limit else ""
    return ", ".join(map(quoted, values[:limit])) + more


def format_percent(share: float) -> str:
    """Return a share as a percentage of two digits."""
    return f"{100 * share:.2g}%"


def _profile_present_values(column: ColumnValues) -> ColumnProfile:
    non_numeric = sum(column.counts[value] for value in column.non_numeric)
    share = non_numeric / len(column.values)
    if non_numeric and (profile := _profile_formatted_numbers(column)):
        return profile
    if profile := _profile_times(column, share):
        return profile
    if share >= MIN_WORD_SHARE or _has_leading_zeros(column):
        return _profile_words(column)
    if share > MAX_REJECTED_SHARE:
        return _profile_mixed(column, share)
    if len(column.counts) == 1 and column.rows > len(column.values):
        return ColumnProfile("categorical", f"only {quoted(column.values[0])}")
    return _profile_numbers(column, non_numeric)


def _profile_formatted_numbers(column: ColumnValues) -> ColumnProfile | None:
    """Profile numbers that are written for people to read, or return None."""
    distinct = list(column.counts)
    values = distinct[:INSPECTED_VALUES]
    if len(values) < 2:
        return None
    duration = None
    style = guess_number_style(values, column.decimal)
    if style is None:
        duration = guess_duration(values, column.decimal, column.name_words)
        style = duration and duration.style
    if style is None:
        return None
    numbers = {value: style.parse(value) for value in distinct}
    known = [number for number in numbers.values() if number is not None]
    example = next(value for value in values if value in column.non_numeric)
    note = f"{'durations' if duration else 'numbers'} such as {quoted(example)}; "
    note += f"{_format_number(min(known))} to {_format_number(max(known))}"
    note += f" seconds{duration.doubt}" if duration else ""
    rejected = frozenset(value for value, number in numbers.items() if number is None)
    if rejected:
        note += f"; {quoted_list(sorted(rejected), 3)} can't be read, such rows will be rejected"
    rules = {"format": style.entries(column.decimal)}
    return ColumnProfile("numeric", note, rejected_values=rejected, rules=rules)


def _profile_times(column: ColumnValues, words_share: float) -> ColumnProfile | None:
    """Profile dates and times, or return None."""
    distinct = list(column.counts)
    if words_share < 1 - MAX_REJECTED_SHARE and not all(map(is_compact_date, distinct)):
        return None
    is_past = bool(column.name_words & BIRTH_WORDS)
    found = guess_time_pattern(distinct, day_first=column.decimal == ",", is_past=is_past)
    if found is None or len(distinct) < 2 or len(column.values) < MIN_TIMES:
        return None
    note = f"dates or times such as {quoted(distinct[0])}"
    if found.is_ambiguous:
        note += (
            "; UNCERTAIN: day and month may be the other way round, as no value is above 12 in "
            "either place"
        )
    rules: dict[str, Any] = {"format": found.pattern} if found.pattern else {}
    if found.language:
        note += f"; names of months as in '{found.language}'"
        rules["language"] = found.language
    if found.first_year != FIRST_YEAR:
        note += f"; two-digit years are of {found.first_year} to {found.first_year + 99}"
        rules["first_year"] = found.first_year
    if found.parts != ALL_PARTS:
        rules["parts"] = [*found.parts]
    return ColumnProfile("datetime", note, rejected_values=found.rejected, rules=rules)


def _has_leading_zeros(column: ColumnValues) -> bool:
    """Return whether the values are digits such as ZIP codes, which are not quantities."""
    has_leading_zero = any(LEADING_ZERO.fullmatch(value) for value in column.counts)
    digits = sum(value.isdecimal() for value in column.counts)
    return has_leading_zero and digits >= MIN_DIGITS_SHARE * len(column.counts)


def _profile_mixed(column: ColumnValues, share: float) -> ColumnProfile:
    """Profile numbers among too many other values to reject the rows of these."""
    counts = column.counts
    others = quoted_list(sorted(column.non_numeric, key=lambda value: (-counts[value], value)), 3)
    note = f"{format_percent(share)} of the values are not numbers: {others}"
    if len(counts) <= FEW_VALUES:
        return ColumnProfile("categorical", f"{note}; {quoted_list(list(counts), EXAMPLES)}")
    profile = ColumnProfile("numeric", note, rejected_values=column.non_numeric)
    return profile.exclude(f"{note}; add them to `missing`, or correct them")


def _profile_words(column: ColumnValues) -> ColumnProfile:
    values = list(column.counts)[:INSPECTED_VALUES]
    if _is_text(column, values):
        words = mean_words(column.values[:INSPECTED_VALUES])
        return ColumnProfile("text", f"about {words:.0f} words each")
    if folded := fold_case(column.counts):
        values = [lower_case(value) for value in column.values]
        profile = _profile_words(replace(column, counts=folded, values=values))
        return replace(profile, note=f"{profile.note}; {FOLDED}", rules={"fold_case": True})
    common = [value for value, _ in column.counts.most_common(EXAMPLES + 1)]
    count = f"{len(column.counts):,} {'category' if len(common) == 1 else 'categories'}"
    note = f"{count}: {quoted_list(common, EXAMPLES)}"
    if len(values) <= FEW_VALUES and are_ranges(values):
        note += "; ranges, so each is a category"
    profile = ColumnProfile("categorical", note)
    if len(column.values) < FEW_VALUES:
        return profile
    return _exclude_names(column, values, profile)


def fold_case(counts: Counter[str]) -> Counter[str] | None:
    """Return the counts in lower case if some values differ by case alone, else None.

    Single letters may be meant so.
    """
    folded = Counter[str]()
    for value, count in counts.items():
        folded[lower_case(value)] += count
    return folded if len(folded) < len(counts) and max(map(len, counts)) > 1 else None


def _is_text(column: ColumnValues, values: Sequence[str]) -> bool:
    """Return whether the values are long, or of several words and mostly distinct."""
    is_mostly_distinct = column.distinct_ratio > MAX_DISTINCT_RATIO
    words = mean_words(values)
    if words >= LONG_TEXT_WORDS or fmean(map(len, values)) > LONG_TEXT_CHARACTERS:
        return is_mostly_distinct or len(column.counts) > FEW_VALUES
    is_prose = words >= MIN_PROSE_WORDS and not all(map(is_date, values))
    return is_prose and (is_mostly_distinct or len(column.counts) > MANY_CATEGORIES)


def _exclude_names(
    column: ColumnValues, values: Sequence[str], profile: ColumnProfile
) -> ColumnProfile:
    """Exclude dates, keys, and values that seldom repeat."""
    if len(values) > FEW_VALUES and any(map(has_other_digits, values)):
        folded = [in_ascii_digits(value) for value in values]
        if all(is_date(value) or looks_like_number(value) for value in folded):
            return profile.exclude(
                "numbers or dates in other digits than 0 to 9, which jobs do not parse: write "
                "them with these",
                is_useless=True,
            )
    if all(map(is_date, values)):
        return profile.exclude("dates and times", is_useless=True)
    if column.is_unique:
        have_same_length = len({len(value) for value in values}) == 1
        # a measurement that no format describes has a mark or a blank
        are_codes = have_same_length and all(map(CODE.fullmatch, values))
        is_key = column.is_named_like_key or are_codes
        return profile.exclude("different in every row: a key or a name", is_key=is_key)
    if column.distinct_ratio > MAX_DISTINCT_RATIO:
        return profile.exclude(f"{len(column.counts):,} distinct values: codes or names")
    return profile


def _profile_numbers(column: ColumnValues, non_numeric: int) -> ColumnProfile:
    numbers = [
        parse_number(value, column.decimal)
        for value in column.values
        if value not in column.non_numeric
    ]
    note = f"{_format_number(min(numbers))} to {_format_number(max(numbers))}"
    note += _sentinel_hint(numbers)
    if non_numeric:
        values = "values are not numbers" if non_numeric > 1 else "value is not a number"
        examples = quoted_list(sorted(column.non_numeric), 3)
        note += f"; {non_numeric:,} {values}: {examples}; such rows will be rejected"
    profile = ColumnProfile("numeric", note, rejected_values=column.non_numeric)
    if len(numbers) < FEW_VALUES or non_numeric:
        return profile
    if not all(value.lstrip("+-").isdecimal() for value in column.counts):
        return profile
    return _exclude_keys(column, numbers, profile)


def _sentinel_hint(numbers: Sequence[float]) -> str:
    """Return a hint at a number such as -999 that is repeated and far from all others, or ""."""
    distinct = sorted(set(numbers))
    if len(distinct) < 3:
        return ""
    low, second_low, second_high, high = distinct[0], distinct[1], distinct[-2], distinct[-1]
    for value, gap, range_of_others in (
        (low, second_low - low, high - second_low),
        (high, high - second_high, second_high - low),
    ):
        is_nines = re.fullmatch("-?9+", _format_number(value))
        if is_nines and gap > range_of_others and numbers.count(value) > 1:
            return (
                f"; {_format_number(value)} occurs {numbers.count(value):,} times, far from all "
                "other values: if it means a missing value, add it to `missing`"
            )
    return ""


def _exclude_keys(
    column: ColumnValues, numbers: Sequence[float], profile: ColumnProfile
) -> ColumnProfile:
    """Exclude integers that are row numbers or keys."""
    if column.is_unique and (column.name_words & ROW_NUMBER_WORDS or _are_row_numbers(numbers)):
        return profile.exclude("row numbers", is_key=column.is_named_like_key)
    if column.is_unique and column.is_named_like_key:
        return profile.exclude("different in every row, and named like a key", is_key=True)
    is_varied = len(column.counts) > max(MIN_KEY_RATIO * len(numbers), FEW_VALUES)
    if is_varied and column.name_words & UNAMBIGUOUS_KEY_WORDS:
        return profile.exclude("named like a key; if keys repeat, `categorical` may help")
    return profile


def _are_row_numbers(numbers: Sequence[float]) -> bool:
    """Return whether distinct integers have one step from row to row, or no gaps in any order."""
    steps = Counter(later - earlier for earlier, later in pairwise(numbers))
    ((_, count),) = steps.most_common(1)
    return count >= 0.9 * (len(numbers) - 1) or max(numbers) - min(numbers) + 1 == len(numbers)


def _format_number(value: float) -> str:
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
