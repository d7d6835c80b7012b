"""How the files of a data set are written."""

import codecs
from typing import Annotated, Any, Literal, Self, cast

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from emr_ml.contract.base import ColumnName, Section, error_at
from emr_ml.units import MEGABYTE
from spark_jobs.contract import Dialect as JobDialect

CODE_PAGES = (*range(1250, 1259),)
LATIN = (*range(1, 10), 13, 15)
LINE_ENDS = ("\n", "\r", "\0")

# the name that both Python and Java know, by Python's canonical name
ENCODINGS = {
    "ascii": "us-ascii",
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16",
    "utf-16-be": "utf-16be",
    "utf-16-le": "utf-16le",
    "utf-32": "utf-32",
    **{f"iso8859-{part}": f"iso-8859-{part}" for part in LATIN},
    **{f"cp{page}": f"windows-{page}" for page in CODE_PAGES},
    **{name: name for name in ("koi8-r", "gbk", "gb18030", "big5")},
    "cp437": "ibm437",
    "cp850": "ibm850",
    "mac-roman": "macroman",
    "shift_jis": "shift_jis",
    "cp932": "ms932",
    "euc_jp": "euc-jp",
    "euc_kr": "euc-kr",
}


class Dialect(Section):
    """How the CSV files are written."""

    delimiter: str = Field(",", min_length=1, max_length=8)
    quote: str = Field('"', max_length=1)
    escape: str = Field('"', max_length=1)
    encoding: str = "utf-8"
    header: Annotated[
        Annotated[Literal[True], Tag("[true]")] | Annotated[tuple[ColumnName, ...], Tag("[names]")],
        Discriminator(lambda value: "[true]" if value is True else "[names]"),
    ] = True
    decimal: Literal[".", ","] = "."
    multiline: bool = True
    trim: bool = True
    max_record_bytes: int = Field(16 * MEGABYTE, ge=1024, le=1024 * MEGABYTE)
    comment: str = Field("", max_length=1)
    skip_lines: int = Field(0, ge=0, le=10_000)
    skip_below_header: int = Field(0, ge=0, le=100)
    skip_last_lines: int = Field(0, ge=0, le=1000)
    trailing_delimiter: bool = False

    def for_jobs(self) -> JobDialect:
        """Return the same fields as jobs get them."""
        return cast("JobDialect", self.model_dump(mode="json"))

    @field_validator("encoding")
    @classmethod
    def _supported(cls, value: str) -> str:
        try:
            return ENCODINGS[codecs.lookup(value).name]
        except LookupError:
            names = ", ".join(dict.fromkeys(ENCODINGS.values()))
            raise ValueError(f"'{value}' is not a supported encoding: use one of {names}") from None

    @field_validator("header", mode="before")
    @classmethod
    def _true_or_names(cls, value: Any) -> Any:
        if value is not True and not (isinstance(value, (list, tuple)) and value):
            raise ValueError("must be true, or a list of column names for files without a header")
        return value

    @field_validator("header")
    @classmethod
    def _unique(cls, names: Literal[True] | tuple[str, ...]) -> Literal[True] | tuple[str, ...]:
        repeated = names is not True and {name for name in names if names.count(name) > 1}
        if repeated:
            raise ValueError(f"has the name '{min(repeated)}' more than once")
        return names

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.encoding.startswith(("utf-16", "utf-32")) and not self.multiline:
            raise ValueError(f"{self.encoding} can't be split into lines: set `multiline: true`")
        if any(mark and mark in self.delimiter for mark in (self.quote, self.escape, *LINE_ENDS)):
            raise error_at(f"{self.delimiter!r} can't be the delimiter", "delimiter")
        if self.comment and self.comment in (self.delimiter, self.quote, self.escape):
            raise error_at("the comment can't also be the delimiter, quote or escape", "comment")
        for key in ("quote", "escape", "comment"):
            if not getattr(self, key).isascii() or getattr(self, key) in LINE_ENDS:
                raise error_at(f"{getattr(self, key)!r} can't be the {key}", key)
        if self.decimal == self.delimiter:
            raise error_at("the decimal mark can't also be the delimiter", "decimal")
        return self
