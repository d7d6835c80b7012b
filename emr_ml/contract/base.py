"""What the sections of a contract share: base model, types of text, reserved names, errors."""

import re
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from emr_ml.located_yaml import VerbatimFloat, VerbatimInteger
from spark_jobs.columns import RESERVED
from spark_jobs.reading.csv_dialect import BLANKS

SURROGATE = re.compile("[\ud800-\udfff]")


class Section(BaseModel):
    """A section of the contract: immutable, and without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _verbatim_text(value: Any) -> Any:
    """Return the text of a number: YAML parses `1`, which in a data file is text."""
    match value:
        case bool():
            raise ValueError("put it in quotes: YAML reads yes, no, true and false as booleans")
        case VerbatimInteger() | VerbatimFloat():
            return value.text
        case _:
            return value


def _trimmed(value: str) -> str:
    """Drop surrounding blanks, as is done in the rows."""
    return _encodable(value).strip(BLANKS)


def _encodable(value: str) -> str:
    """Refuse half of a character, which no encoding can write."""
    if SURROGATE.search(value):
        raise ValueError("contains half of a character (a surrogate): correct it")
    return value


def _composed(name: str) -> str:
    """Write each accented letter as one character: a file may use two."""
    return unicodedata.normalize("NFC", _encodable(name))


CellValue = Annotated[
    str,
    BeforeValidator(_verbatim_text, json_schema_input_type=str | int | float),
    AfterValidator(_trimmed),
]
ColumnName = Annotated[str, AfterValidator(_composed)]


def is_reserved(name: str) -> bool:
    """Return True if a contract may not name the column, because the jobs use that name."""
    return name in RESERVED or name.startswith("__")


def reserved_name_problem(name: str) -> str:
    """Return what is wrong with a reserved name, and what to do."""
    return f"'{name}' is a reserved name: rename the column in the file"


def error_at(message: str, *path: str) -> PydanticCustomError:
    """Return an error to be raised by a section, located at a path of keys within it."""
    return PydanticCustomError("contract", "{message}", {"message": message, "path": path})
