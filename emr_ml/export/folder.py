"""Write an exported model into a folder of this machine."""

from collections.abc import Mapping
from pathlib import Path


def write_export(folder: Path, files: Mapping[str, bytes]) -> int:
    """Write the files, each as a whole or not at all, and return their size in bytes.

    Raises:
        OSError: the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in files.items():
        part = folder / f".{name}.part"
        part.write_bytes(body)
        part.replace(folder / name)
    return sum(map(len, files.values()))
