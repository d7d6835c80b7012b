"""A draft contract for a file, inferred from a sample of its rows."""

from emr_ml.contract import parse_contract
from emr_ml.infer.contract_text import misfit, write_contract
from emr_ml.infer.files import find_file
from emr_ml.infer.folder import FolderDifferences, compare_files
from emr_ml.infer.profile import FileProfile, profile_file

__all__ = ["FileProfile", "infer_contract", "misfit"]


def infer_contract(address: str, label: str | None = None) -> tuple[str, FileProfile]:
    """Return a commented contract in YAML, and the profile that it was written from.

    Args:
        address: path or `s3://` address of a file of CSV, JSON lines or Parquet, or of a folder:
            its first file is sampled, and the others are compared with it.
        label: the column to predict; None to guess it.

    Raises:
        SourceError: the file or the label can't be used.
    """
    file = find_file(address)
    profile = profile_file(file, label)
    text = write_contract(profile, FolderDifferences())
    if file.others:
        contract = parse_contract(text, address)
        text = write_contract(profile, compare_files(profile.sample.names, file.others, contract))
    return text, profile
