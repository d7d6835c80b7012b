"""Files to infer contracts from, and what came of it."""

import csv
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from emr_ml.contract import Contract, parse_contract
from emr_ml.infer import infer
from emr_ml.infer.column_kinds import Guess

ROWS = 200


class Look:
    """The contract that was inferred, as text, as it parses, and what it was written from."""

    def __init__(self, path: Path | str, label: str | None = None) -> None:
        self.text, self.found = infer(str(path), label)

    @property
    def contract(self) -> Contract:
        return parse_contract(self.text, "inferred.yaml")

    @property
    def kinds(self) -> dict[str, str]:
        return {name: column.kind for name, column in self.contract.columns.items()}

    def guess(self, name: str) -> Guess:
        return self.found.columns[name]

    def line(self, start: str) -> str:
        """The line that starts so."""
        return next(line for line in self.text.splitlines() if line.strip().startswith(start))


def look(
    folder: Path, content: str | bytes, label: str | None = None, name: str = "data.csv"
) -> Look:
    """Infer the contract of a file with that content; texts are written as UTF-8."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Look(path, label)


def look_at(folder: Path, wanted: str | None = None, /, **columns: Iterable[object]) -> Look:
    """The same of a plain CSV file with these columns."""
    path = folder / "data.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return Look(path, wanted)


def drawn(*values: object, rows: int = ROWS) -> list[object]:
    """Values in no order, always the same."""
    chance = random.Random(str(values))
    return [chance.choice(values) for _ in range(rows)]


def fractions(rows: int = ROWS) -> list[float]:
    """Different numbers in no order."""
    chance = random.Random(11)
    return [round(chance.gauss(3, 1), 4) for _ in range(rows)]


def table(header: Sequence[str], *columns: Sequence[Any], delimiter: str = ",") -> str:
    """Records as text, nothing quoted."""
    rows = [header, *zip(*columns, strict=True)] if header else list(zip(*columns, strict=True))
    return "".join(delimiter.join(map(str, row)) + "\n" for row in rows)
