"""How the numbers of a column are written, if people wrote them for people."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import fsum
from typing import Any

from emr_ml.infer.multiples import AMBIGUOUS, find_multiples
from emr_ml.infer.values import LEADING_ZERO, has_other_digits, is_number
from spark_jobs.spelling import (
    DURATIONS,
    FRACTION,
    LIMIT,
    MINUS_SIGN,
    NO_CENTS,
    PARENTHESES,
    SIGN_AND_GAP,
    THOUSANDS_BLANKS,
    TRAILING_MINUS,
    factors_in_lower_case,
    grouped_number,
    lower_case,
    multiple_behind,
    thousands_mark,
    unit_before,
    unit_behind,
)

MARKS = f".,'\u2019_{THOUSANDS_BLANKS}"
CURRENCY = re.compile(
    r"[$€£¥￥₹₽₺₩₪฿₫₴₦₱₡]|R\$|[A-Z]{0,3}\$|USD|EUR|GBP|CHF|JPY|BRL|INR|CNY|RUB|PLN|CZK|SEK|NOK|DKK|HUF"
    r"|kr\.?|zł|Kč|Ft|лв|руб\.?|грн|Rs\.?|Fr\.?",  # noqa: RUF001 - Cyrillic is meant
    re.IGNORECASE,
)
UNIT = re.compile(r"%|‰|°[CF]?|[^\W\d_]{1,5}[²³]?(/[^\W\d_]{1,5}[²³]?)?", re.UNICODE)
NUMBER = re.compile(
    rf"[+-]?\s*(?P<before>[^\d\s.,()+-][^\d()+-]{{0,9}}?)?[{THOUSANDS_BLANKS}]*[+-]?"
    rf"(?P<digits>[.,]?\d[\d{MARKS}]*?)[{THOUSANDS_BLANKS}]*(?P<after>[^\d\s.,'()+-][^\d()+-]{{0,15}}?)?"
)
NEGATIVES = tuple(map(re.compile, (PARENTHESES, TRAILING_MINUS)))
NO_CENTS_MARK, LIMIT_MARK, FRACTION_PARTS = map(re.compile, (NO_CENTS, LIMIT, FRACTION))
MIN_SHARE = 0.99  # of the values, for the format to be theirs
MAX_LIMITED = 0.5  # of the values, with a sign such as `<`
MIN_PROPER, MAX_PARTS = 0.8, 64  # of fractions
MIN_IDENTIFIERS = 3  # values; of fewer, as many digits in each are a chance
MAX_LENGTH = 40  # of a number; on long texts, the pattern would take long


@dataclass(frozen=True)
class NumberStyle:
    """How numbers are written, as in the contract's `format`."""

    decimal: str
    thousands: str = ""
    unit: str = ""
    accounting: bool = False
    fractions: bool = False
    limits: bool = False
    multiples: Mapping[str, float] = field(default_factory=dict[str, float])
    duration: str | None = None

    def parse(self, value: str) -> float | None:
        """Return the number that a text stands for, or None."""
        if self.duration:
            return _seconds(value, self.duration)
        text = NO_CENTS_MARK.sub("", value)
        if self.limits:
            text = LIMIT_MARK.sub("", text)
        if self.accounting:
            text = text.replace(MINUS_SIGN, "-")
            if (positive := _amount_of_negative(text)) is not None:
                text = f"-{positive}"
        if self.unit:
            before, behind = self._units
            text = behind.sub("", before.sub(r"\1", text))
        factor = 1.0
        if self.multiples:
            text = lower_case(text)
            if multiple := self._multiple.search(text):
                text = text[: multiple.start()]
                factor = self._factors[multiple[1]]
        text = re.sub(SIGN_AND_GAP, r"\1", text)
        if self.thousands and self._grouped.fullmatch(text):
            text = re.sub(thousands_mark(self.thousands), "", text)
        if is_number(text, self.decimal):
            return factor * float(text.replace(",", ".") if self.decimal == "," else text)
        return _fraction(text) if self.fractions else None

    def entries(self, decimal: str) -> dict[str, Any]:
        """Return the keys of the contract's `format`, given the decimal mark of the dialect."""
        given = {
            "decimal": self.decimal if self.decimal != decimal else "",
            "thousands": self.thousands,
            "unit": self.unit,
            "accounting": self.accounting,
            "fractions": self.fractions,
            "limits": self.limits,
            "multiples": {
                each: int(factor) if factor.is_integer() else factor
                for each, factor in self.multiples.items()
            },
            "duration": self.duration,
        }
        return {key: value for key, value in given.items() if value}

    @cached_property
    def _units(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        return re.compile(unit_before(self.unit)), re.compile(unit_behind(self.unit))

    @cached_property
    def _factors(self) -> Mapping[str, float]:
        return factors_in_lower_case(self.multiples)

    @cached_property
    def _multiple(self) -> re.Pattern[str]:
        return re.compile(multiple_behind(self.multiples))

    @cached_property
    def _grouped(self) -> re.Pattern[str]:
        return re.compile(grouped_number(self.thousands, self.decimal))


def looks_like_number(value: str) -> bool:
    """Return whether a value may be a number that is written for people."""
    is_short = len(value) <= MAX_LENGTH and not has_other_digits(value)
    return is_short and bool(NUMBER.fullmatch(value))


def guess_number_style(values: Sequence[str], decimal: str) -> NumberStyle | None:
    """Return how these values are written, or None if they are no numbers for people.

    Args:
        values: distinct ones of a column.
        decimal: the decimal mark of plain numbers in the file.
    """
    limited = sum(bool(LIMIT_MARK.match(value)) for value in values)
    # with more of them, these are classes such as <18 and >=18
    if limited > MAX_LIMITED * len(values) or any(
        len(value) > MAX_LENGTH or LEADING_ZERO.fullmatch(value) or has_other_digits(value)
        for value in values
    ):
        return None
    others = [value for value in values if not is_number(value, decimal)]
    if not others:
        return None
    if all(map(FRACTION_PARTS.fullmatch, others)):
        return NumberStyle(decimal, fractions=True) if _are_fractions(others) else None
    plain = [LIMIT_MARK.sub("", NO_CENTS_MARK.sub("", value)) for value in values]
    accounting = any(
        value.startswith(MINUS_SIGN) or _amount_of_negative(value) is not None for value in plain
    )
    texts = [_without_minus(value) if accounting else value for value in plain]
    found = [match for text in texts if (match := NUMBER.fullmatch(text))]
    style = _style(plain, found, decimal) if len(found) >= MIN_SHARE * len(values) else None
    if style is None:
        return None
    style = replace(style, accounting=accounting, limits=limited > 0)
    if style == NumberStyle(decimal) and plain == [*values]:
        return None
    parsed = sum(style.parse(value) is not None for value in values)
    return style if parsed >= MIN_SHARE * len(values) else None


def _style(
    values: Sequence[str], found: Sequence[re.Match[str]], decimal: str
) -> NumberStyle | None:
    """Return the marks, unit and multiples of numbers; None if they are none."""
    units = _units_and_multiples(found)
    if units is None:
        return None
    digits = [match["digits"] for match in found]
    style = _marks(digits, decimal)
    unit, multiples = units
    if not unit and not multiples and _are_identifiers(values, digits, style):
        return None
    return replace(style, unit=unit, multiples=multiples)


def _are_fractions(values: Sequence[str]) -> bool:
    """Return whether most are less than one, of small parts: not 120/80, 27/2 or 08/2011."""
    shares = [value.split(" ")[-1].lstrip("+-").split("/") for value in values]
    if any(len(above) > 1 and above.startswith("0") for above, _ in shares):
        return False  # a month and a year
    proper = sum(int(above) < int(below) for above, below in shares)
    return proper >= MIN_PROPER * len(shares) and all(int(b) <= MAX_PARTS for _, b in shares)


def _without_minus(value: str) -> str:
    value = value.replace(MINUS_SIGN, "-")
    amount = _amount_of_negative(value)
    return value if amount is None else amount


def _amount_of_negative(text: str) -> str | None:
    """Return what stands in parentheses, or before a minus; None if there is no such sign."""
    found = next((found for each in NEGATIVES if (found := each.fullmatch(text))), None)
    return found[1] if found else None


def _units_and_multiples(
    found: Sequence[re.Match[str]],
) -> tuple[str, Mapping[str, float]] | None:
    """Return the only unit of the numbers, and factors such as that of `k`.

    The unit is "" if there is none. None if there are several, or other letters.
    """
    before = {text.strip() for match in found if (text := match["before"])}
    after = Counter((match["after"] or "").strip() for match in found)
    currency = next((text for text in before if CURRENCY.fullmatch(text)), None)
    currency = currency or _currency_behind([text for text in after if text])
    spellings = Counter[str]()
    for text, count in after.items():
        spellings[_without(text, currency)] += count
    has_plain = bool(spellings.pop("", 0))
    others = {text for text in before if text.casefold() != (currency or "").casefold()}
    if not others and len(before) <= 1:
        multiples = find_multiples(
            spellings, has_plain=has_plain, has_currency=currency is not None
        )
        if multiples:
            return currency or "", multiples
    unit = _unit(found)
    return None if unit is None else (unit, {})


def _currency_behind(texts: Sequence[str]) -> str | None:
    """Return the currency that all of these end in, as in `Mio. €` and `Tsd. €`, or None."""
    for length in (1, 2, 3):
        ends = {text[-length:].casefold() for text in texts if len(text) > length}
        if len(ends) == 1 and CURRENCY.fullmatch(end := texts[0][-length:]):
            return end
    return None


def _without(text: str, currency: str | None) -> str:
    if currency and text.casefold().endswith(currency.casefold()):
        return text[: -len(currency)].strip()
    return text


def _unit(found: Iterable[re.Match[str]]) -> str | None:
    """Return the only unit of the numbers, "" if they have none; None if they have several."""
    spellings = Counter(
        text.strip() for match in found for text in (match["before"], match["after"]) if text
    )
    if not spellings:
        return ""
    if len({unit.casefold() for unit in spellings}) > 1:
        return None
    unit = spellings.most_common(1)[0][0]
    if unit.casefold() in AMBIGUOUS:
        return None
    has_prefix = any(match["before"] for match in found)
    if CURRENCY.fullmatch(unit) or unit == "%":
        return unit
    # before a number, letters make a code of it
    return unit if not has_prefix and UNIT.fullmatch(unit) else None


def _are_identifiers(values: Sequence[str], digits: Sequence[str], style: NumberStyle) -> bool:
    """Return whether these are phone numbers, IP addresses and the like, not amounts.

    They have groups, but no decimals. A group begins with a zero, or all have a plus, or as many
    groups of three digits, or they have the four parts of an IP address.
    """
    if style.thousands not in (" ", ".", "_") or any(style.decimal in text for text in digits):
        return False
    groups = [re.split(f"[{THOUSANDS_BLANKS}._]", text) for text in digits]
    if any(len(each) > 1 and each[0].startswith("0") for each in groups):
        return True
    if len(values) < MIN_IDENTIFIERS or any(len(each) < 3 for each in groups):
        return False
    are_addresses = style.thousands == "." and all(
        len(each) == 4 and all(int(part) < 256 for part in each) for each in groups
    )
    have_plus = all(value.startswith("+") for value in values)
    are_alike = len({tuple(map(len, each)) for each in groups}) == 1 and len(groups[0][0]) == 3
    are_rounded = all(each[-1] == "000" for each in groups)
    return are_addresses or have_plus or (are_alike and not are_rounded)


def _marks(digits: Sequence[str], decimal: str) -> NumberStyle:
    """Return the marks of numbers without signs and units."""
    others = Counter(char for text in digits for char in text if not char.isdigit())
    plain = "".join(" " if char in THOUSANDS_BLANKS else char for char in others)
    both = [text for text in digits if "." in text and "," in text]
    if both:
        last = "." if both[0].rindex(".") > both[0].rindex(",") else ","
        return NumberStyle(last, "," if last == "." else ".")
    thousands = next((char for char in (" ", "'", "\u2019", "_") if char in plain), "")
    point_or_comma = next((char for char in ",." if char in plain), "")
    if not point_or_comma:
        return NumberStyle(decimal, thousands)
    if thousands:
        return NumberStyle(point_or_comma, thousands)
    groups = [text for text in digits if point_or_comma in text]
    if any(text.count(point_or_comma) > 1 for text in groups):
        return NumberStyle("," if point_or_comma == "." else ".", point_or_comma)
    by_threes = all(
        re.fullmatch(rf"[1-9]\d{{0,2}}[{point_or_comma}]\d{{3}}", text) for text in groups
    )
    if by_threes and point_or_comma != decimal:
        return NumberStyle(decimal, point_or_comma)
    return NumberStyle(point_or_comma)


def _seconds(text: str, written: str) -> float | None:
    pattern, seconds = DURATIONS[written]
    found = re.fullmatch(pattern, text)
    if found is None:
        return None
    sign, *counts = found.groups()
    total = fsum(
        float((count or "0").replace(",", ".")) * each
        for count, each in zip(counts, seconds, strict=True)
    )
    return -total if sign == "-" else total


def _fraction(text: str) -> float | None:
    if not (found := FRACTION_PARTS.fullmatch(text)):
        return None
    sign, whole, above, below = found.groups()
    return (-1.0 if sign == "-" else 1.0) * (float(whole or 0) + float(above) / float(below))
