"""A first contract for a file, inferred from some of its rows."""

from emr_ml.infer.contract_text import as_text
from emr_ml.infer.files import find_file
from emr_ml.infer.findings import Findings, find_out

__all__ = ["Findings", "infer"]


def infer(address: str, label: str | None = None) -> tuple[str, Findings]:
    """A commented contract in YAML, and what it was written from.

    Args:
        address: path or `s3://` address of a CSV or Parquet file; of a folder, its first file.
        label: the column to predict; None to have it guessed.

    Raises:
        SourceError: what can't be read, and what to do.
    """
    found = find_out(find_file(address), label)
    return as_text(found), found
