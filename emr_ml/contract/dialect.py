"""How the files of a data set are written."""

import codecs
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from emr_ml.contract.part import Name, Part, mistake

MEGABYTE = 1 << 20
CODE_PAGES = (*range(1250, 1259),)
LATIN = (*range(1, 10), 13, 15)

# Python's name of an encoding, and one that both Python and Java know
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


class Dialect(Part):
    """How the CSV files are written."""

    delimiter: str = Field(",", min_length=1, max_length=1)
    quote: str = Field('"', max_length=1)
    escape: str = Field('"', max_length=1)
    encoding: str = "utf-8"
    header: Literal[True] | tuple[Name, ...] = True
    decimal: Literal[".", ","] = "."
    multiline: bool = True
    trim: bool = True
    max_record_bytes: int = Field(16 * MEGABYTE, ge=1024, le=1024 * MEGABYTE)

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            return ENCODINGS[codecs.lookup(value).name]
        except LookupError:
            names = ", ".join(dict.fromkeys(ENCODINGS.values()))
            raise ValueError(f"'{value}' is no encoding that can be read: {names}") from None

    @field_validator("header", mode="before")
    @classmethod
    def _true_or_names(cls, value: Any) -> Any:
        if value is not True and not (isinstance(value, (list, tuple)) and value):
            raise ValueError("must be true, or, for files without one, the names of the columns")
        return value

    @field_validator("header")
    @classmethod
    def _each_once(cls, names: Literal[True] | tuple[str, ...]) -> Literal[True] | tuple[str, ...]:
        if names is not True and (twice := {name for name in names if names.count(name) > 1}):
            raise ValueError(f"names '{min(twice)}' twice")
        return names

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.encoding.startswith(("utf-16", "utf-32")) and not self.multiline:
            raise ValueError(f"{self.encoding} can't be split into lines: set `multiline: true`")
        if self.delimiter in (self.quote, self.escape, "\n", "\r", "\0"):
            raise mistake(f"{self.delimiter!r} can't be the delimiter", "delimiter")
        for key in ("quote", "escape"):
            if not getattr(self, key).isascii() or getattr(self, key) in ("\n", "\r", "\0"):
                raise mistake(f"{getattr(self, key)!r} can't be the {key}", key)
        if self.decimal == self.delimiter:
            raise mistake("the decimal mark can't be the delimiter, too", "decimal")
        return self
