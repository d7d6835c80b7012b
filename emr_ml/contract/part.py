"""What the parts of a contract share: how values are written, and where a mistake shows."""

import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from emr_ml.located_yaml import WrittenFloat, WrittenInteger
from spark_jobs.reading.csv_dialect import BLANKS


class Part(BaseModel):
    """A part of the contract: no other keys than its own, and it never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def as_written(value: Any) -> Any:
    """YAML reads `1` and `yes` as number and truth; in a file they are text."""
    match value:
        case bool():
            raise ValueError(
                "put it in quotes: YAML takes yes, no, true and false for truth values"
            )
        case WrittenInteger() | WrittenFloat():
            return value.text
        case _:
            return value


def composed(name: str) -> str:
    """The name with each accented letter as one character: files may write it as two."""
    return unicodedata.normalize("NFC", name)


def _bare(value: str) -> str:
    """The value without the blanks around it: they are trimmed in the rows, too."""
    return value.strip(BLANKS)


Value = Annotated[str, BeforeValidator(as_written), AfterValidator(_bare)]
Name = Annotated[str, AfterValidator(composed)]


def mistake(message: str, *place: str) -> PydanticCustomError:
    """An error that shows at that place of the part that raises it."""
    return PydanticCustomError("contract", "{message}", {"message": message, "place": place})
