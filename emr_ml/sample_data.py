"""Data to start with: scikit-learn's breast cancer measures, and sales that are made up."""

import csv
import os
import random
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

SELLERS = ("Ana", "Bruno", "Carla", "Diego", "Elisa", "Fábio")
PRODUCTS = {"caderno": 18.9, "caneta": 2.5, "estojo": 24.0, "mochila": 149.9, "régua": 4.75}
SALES = 1000
# what was measured of each cell's nucleus, and of all cells of a tumour
NUCLEUS = (
    *("radius", "texture", "perimeter", "area", "smoothness", "compactness"),
    *("concavity", "concave points", "symmetry", "fractal dimension"),
)
FORMS = ("mean {}", "{} error", "worst {}")
UNDIAGNOSED = 50


def breast_cancer(folder: Path) -> Path:
    """569 tumours, 30 measures of each, and the `diagnosis`."""
    path = folder / "breast_cancer.csv"
    if not path.exists():
        names, tumours = _tumours()
        rows = ([*map(repr, measures), name] for measures, name in tumours)
        _write(path, [*names, "diagnosis"], rows)
    return path


def undiagnosed(folder: Path) -> Path:
    """The same measures of the first 50 of these tumours, without a diagnosis."""
    path = folder / "undiagnosed.csv"
    if not path.exists():
        names, tumours = _tumours()
        _write(path, names, (list(map(repr, measures)) for measures, _ in tumours[:UNDIAGNOSED]))
    return path


def sales(folder: Path) -> Path:
    """A thousand sales of six sellers, the same ones every time."""
    path = folder / "sales.csv"
    if not path.exists():
        chance = random.Random(2026)
        rows = (_sale(chance) for _ in range(SALES))
        _write(path, ["data", "produto", "quantidade", "preco_unitario", "vendedor"], rows)
    return path


def _tumours() -> tuple[list[str], list[tuple[list[float], str]]]:
    """The names of the measures, and the measures and the diagnosis of each tumour."""
    # its own loader takes seconds to import, and the first run of a newcomer would wait for it
    found = find_spec("sklearn")
    assert found, "scikit-learn is a dependency"
    assert found.origin, "and has files"
    table = Path(found.origin).parent / "datasets" / "data" / "breast_cancer.csv"
    with table.open(newline="") as file:
        (_, _, *diagnoses), *records = csv.reader(file)
    names = [form.format(nucleus) for form in FORMS for nucleus in NUCLEUS]
    return names, [(list(map(float, row[:-1])), diagnoses[int(row[-1])]) for row in records]


def _sale(chance: random.Random) -> list[object]:
    product = chance.choice(list(PRODUCTS))
    price = round(PRODUCTS[product] * chance.uniform(0.9, 1.1), 2)
    day = date(2026, 1, 1) + timedelta(days=chance.randrange(181))
    return [day.isoformat(), product, chance.randint(1, 12), f"{price:.2f}", chance.choice(SELLERS)]


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    with staged.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    staged.replace(path)
