"""Files to infer contracts from, and the contracts that were inferred."""

import csv
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from emr_ml.contract import Contract, parse_contract
from emr_ml.infer import infer_contract
from emr_ml.infer.column_kinds import ColumnProfile

ROWS = 200


class Inferred:
    """A contract that was inferred: its text, as it parses, and the profile behind it."""

    def __init__(self, path: Path | str, label: str | None = None) -> None:
        self.text, self.profile = infer_contract(str(path), label)

    @property
    def contract(self) -> Contract:
        return parse_contract(self.text, "inferred.yaml")

    @property
    def kinds(self) -> dict[str, str]:
        return {name: column.kind for name, column in self.contract.columns.items()}

    def column(self, name: str) -> ColumnProfile:
        return self.profile.columns[name]

    def line(self, start: str) -> str:
        """Return the line that starts with this, apart from its indentation."""
        return next(line for line in self.text.splitlines() if line.strip().startswith(start))


def infer_content(
    folder: Path, content: str | bytes, label: str | None = None, name: str = "data.csv"
) -> Inferred:
    """Infer the contract of a file with this content; text is written as UTF-8."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Inferred(path, label)


def infer_columns(
    folder: Path, requested: str | None = None, /, **columns: Iterable[object]
) -> Inferred:
    """Infer the contract of a plain CSV file with these columns."""
    path = folder / "data.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return Inferred(path, requested)


def choices(*values: object, rows: int = ROWS) -> list[object]:
    """Return these values in random order; always the same."""
    rng = random.Random(str(values))
    return [rng.choice(values) for _ in range(rows)]


def floats(rows: int = ROWS) -> list[float]:
    """Return distinct numbers in random order; always the same."""
    rng = random.Random(11)
    return [round(rng.gauss(3, 1), 4) for _ in range(rows)]


def csv_text(header: Sequence[str], *columns: Sequence[Any], delimiter: str = ",") -> str:
    """Return records as text without quotes."""
    rows = [header, *zip(*columns, strict=True)] if header else list(zip(*columns, strict=True))
    return "".join(delimiter.join(map(str, row)) + "\n" for row in rows)
