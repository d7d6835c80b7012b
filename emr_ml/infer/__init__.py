"""A draft contract for a file, inferred from a sample of its rows."""

from emr_ml.infer.contract_text import write_contract
from emr_ml.infer.files import find_file
from emr_ml.infer.profile import FileProfile, profile_file

__all__ = ["FileProfile", "infer_contract"]


def infer_contract(address: str, label: str | None = None) -> tuple[str, FileProfile]:
    """Return a commented contract in YAML, and the profile that it was written from.

    Args:
        address: path or `s3://` address of a CSV or Parquet file; of a folder, its first file.
        label: the column to predict; None to guess it.

    Raises:
        SourceError: the file or the label can't be used.
    """
    profile = profile_file(find_file(address), label)
    return write_contract(profile), profile
