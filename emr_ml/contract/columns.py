"""Columns of the contract: their kinds, how their values are written, and their rules."""

import re
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from emr_ml.contract.base import CellValue, Section, error_at
from emr_ml.contract.time_pattern import pattern_problem
from emr_ml.wording import shorten
from spark_jobs.contract import DatetimePart, Kind
from spark_jobs.month_names import NAMES
from spark_jobs.spelling import lower_case

DEFAULT_BUCKETS = 1024  # of hashed categories
FIRST_YEAR = 1969  # as in POSIX
ALL_PARTS: tuple[DatetimePart, ...] = ("elapsed", "hour", "weekday", "month")
RULES = {
    "numeric": ("min", "max", "format"),
    "categorical": ("allowed", "pattern", "fold_case", "hashed"),
    "text": ("pattern",),
    "datetime": ("format", "language", "first_year", "zone", "parts"),
}
# in the JSON Schema, too
UNIT, MULTIPLE = r"^[^\d+()\\-]*$", r"^[^\d\s+()\\-]+$"
MARKS_OF_NUMBERS = re.compile(r"[\d+()\\-]")


def _without_marks(text: str) -> str:
    if MARKS_OF_NUMBERS.search(text):
        raise ValueError(
            f"can't have digits, signs, parentheses or backslashes, but is {shorten(repr(text))}"
        )
    return text


def _without_blanks(text: str) -> str:
    if MARKS_OF_NUMBERS.search(text) or any(map(str.isspace, text)):
        raise ValueError(
            "can't have digits, blanks, signs, parentheses or backslashes, but is "
            f"{shorten(repr(text))}"
        )
    return text


class NumberFormat(Section):
    """How the numbers of a column are written, if not as plain numbers.

    Args:
        decimal: the decimal mark; by default that of the dialect.
        thousands: the mark between thousands; a blank stands for all kinds of them.
        unit: what may stand before or after a number, such as `$`, `kg` or `%`.
        accounting: whether `(5)` and `5-` are -5.
        fractions: whether `3/4` is a number.
        limits: whether `<0.05` and `>100` are 0.05 and 100.
        multiples: what may stand behind a number, in any case, and by what it is multiplied.
        duration: how durations are written, which become seconds.
    """

    decimal: Literal[".", ","] | None = None
    thousands: Literal["", ".", ",", "'", "_", " ", "\u2019"] = ""
    unit: Annotated[str, AfterValidator(_without_marks)] = Field(
        "", max_length=16, json_schema_extra={"pattern": UNIT}
    )
    accounting: bool = False
    fractions: bool = False
    limits: bool = False
    multiples: dict[
        Annotated[str, Field(min_length=1, max_length=16), AfterValidator(_without_blanks)],
        Annotated[float, Field(gt=0, allow_inf_nan=False)],
    ] = Field(
        {},
        max_length=50,
        json_schema_extra={"propertyNames": {"minLength": 1, "maxLength": 16, "pattern": MULTIPLE}},
    )
    duration: Literal["h:mm", "m:ss", "units"] | None = None

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        if len({lower_case(each) for each in self.multiples}) < len(self.multiples):
            raise error_at("has a name twice, in upper and lower case", "multiples")
        if self.fractions and self.multiples:
            raise error_at("fractions can't have multiples", "multiples")
        if self.duration and self.model_fields_set != {"duration"}:
            raise error_at("a duration has no other keys beside it", "duration")
        return self


def _default_buckets(value: Any) -> Any:
    """Accept `hashed: true`."""
    match value:
        case True:
            return DEFAULT_BUCKETS
        case False:
            return None
        case _:
            return value


def _format_tag(value: Any) -> str:
    """Return which type a format is meant to have, so that mistakes in it are told for one."""
    return "[pattern]" if value is None or isinstance(value, str) else "[keys]"


class Column(Section):
    """A feature column and its rules: a row that breaks one is rejected.

    Args:
        format: of numbers, or Spark's pattern of dates and times; ISO 8601 by default.
        language: of the names of months, in full or abbreviated; by default English as Spark reads
            it.
        first_year: years of two digits are of the hundred years from this one.
        zone: to which times with an offset are converted.
        parts: of a time that are learned from.
        fold_case: whether a category is in lower case.
        hashed: number of features that categories share by their hashes, for very many categories;
            by default each category has its own.
        min: lower bound of a number.
        max: upper bound of a number.
        allowed: the values of a category.
        pattern: a regular expression that a category or text must match as a whole.
    """

    kind: Kind
    required: bool = False
    min: float | None = Field(None, allow_inf_nan=False)
    max: float | None = Field(None, allow_inf_nan=False)
    allowed: tuple[CellValue, ...] | None = None
    pattern: str | None = None
    fold_case: bool = False
    hashed: Annotated[
        int | None, BeforeValidator(_default_buckets, json_schema_input_type=bool | int)
    ] = Field(None, ge=2, le=2**18)
    format: Annotated[
        Annotated[NumberFormat, Tag("[keys]")] | Annotated[str | None, Tag("[pattern]")],
        Discriminator(_format_tag),
    ] = None
    language: str | None = Field(None, json_schema_extra={"enum": [*sorted(NAMES), None]})
    first_year: int = Field(FIRST_YEAR, ge=1901, le=2000)
    zone: str = "UTC"
    parts: tuple[DatetimePart, ...] = ALL_PARTS

    @model_validator(mode="after")
    def _rules_fit_the_kind(self) -> Self:
        for rule, field in type(self).model_fields.items():
            is_given = getattr(self, rule) != field.default
            if is_given and rule not in (*RULES[self.kind], "kind", "required"):
                raise error_at(f"a {self.kind} column can't have the rule `{rule}`", rule)
        return self

    @model_validator(mode="after")
    def _format_fits_the_kind(self) -> Self:
        if self.kind == "numeric" and isinstance(self.format, str):
            raise error_at("the `format` of numbers has keys such as `thousands`", "format")
        if self.kind == "datetime":
            if isinstance(self.format, NumberFormat):
                raise error_at(
                    "the `format` of a datetime column is a pattern such as d/M/yyyy", "format"
                )
            if self.format is not None and (problem := pattern_problem(self.format)):
                raise error_at(problem, "format")
            if self.language not in (None, *NAMES):
                raise error_at(
                    f"'{self.language}' has no month names here: use one of {', '.join(NAMES)}",
                    "language",
                )
            if self.zone not in available_timezones():
                raise error_at(f"'{self.zone}' is no time zone such as Europe/Berlin", "zone")
            if not self.parts:
                raise error_at("must list at least one part", "parts")
        return self

    @model_validator(mode="after")
    def _rules_are_consistent(self) -> Self:
        if self.fold_case and any(value != lower_case(value) for value in self.allowed or ()):
            raise error_at("with `fold_case`, values must be in lower case", "allowed")
        if self.allowed == ():
            raise error_at("must list at least one value", "allowed")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise error_at(f"max, {self.max:g}, is less than min, {self.min:g}", "max")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            # the last two: a repeat count too large, brackets nested too deep
            except (re.error, OverflowError, RecursionError) as error:
                raise error_at(f"is not a regular expression: {error}", "pattern") from error
        return self
