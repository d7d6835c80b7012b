"""Columns by the names that users give them, and the names that the jobs add."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from spark_jobs.contract import DatasetContract

if TYPE_CHECKING:
    from pyspark.sql import Column

ROW_ID = "__row_id"
FILE = "_file"
ORIGIN = (FILE, "_record", "_byte_start", "_byte_length")  # where a record was read from
TEXT = "_text"  # its raw text, or null if only its fields are known
FIELDS = "_fields"
WRONG_FIELD_COUNT = "_malformed"  # true if the record has too few or too many fields
STRAY_QUOTE = "_torn"  # true if it spans lines because a quote opens or closes inside a field
UNDECODABLE = "_undecoded"  # the columns whose values contain bytes that are not of the encoding
SKIPPED = "_skipped"  # true if the dialect skips the record, which may be a row all the same
RECORD_COLUMNS = (*ORIGIN, TEXT, FIELDS, WRONG_FIELD_COUNT, STRAY_QUOTE, UNDECODABLE, SKIPPED)
REJECTED = "_rejected"
SPLIT = "_side"
LABEL = "_label"
WEIGHT = "_weight"

# names that a contract must not use for its columns, besides those that begin with two underscores
RESERVED = (*RECORD_COLUMNS, REJECTED, SPLIT, LABEL, WEIGHT)


def quoted(name: str) -> "Column":
    """Return the column of exactly that name, which may contain dots and backticks."""
    # the names above are also used where Spark is not installed
    from pyspark.sql import functions as F

    return F.col("`" + name.replace("`", "``") + "`")


def free_name(name: str, taken: Collection[str]) -> str:
    """Return the name of an added column, with underscores after it if a user's has that name."""
    while name in taken:
        name += "_"
    return name


def column_names(contract: DatasetContract) -> list[str]:
    """Return every column that the contract names, each once."""
    label = [contract["label"]["column"]] if contract["label"] else []
    weight = [contract["weight"]] if contract["weight"] else []
    return list(dict.fromkeys([*contract["columns"], *label, *contract["id"], *weight]))
