"""Columns by the names that users give them."""

from collections.abc import Mapping
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F


def quoted(name: str) -> Column:
    """The column of that very name, dots and backticks in it included."""
    return F.col("`" + name.replace("`", "``") + "`")


def names_of(contract: Mapping[str, Any]) -> list[str]:
    """Every column that the contract names, each once."""
    label = [contract["label"]["column"]] if contract["label"] else []
    return list(dict.fromkeys([*contract["columns"], *label, *contract["id"]]))
