"""Sample data: scikit-learn's breast cancer data set, and generated sales."""

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
SEED = 2026
# measured for the nucleus of each cell, and summarized for each tumour
NUCLEUS_MEASURES = (
    *("radius", "texture", "perimeter", "area", "smoothness", "compactness"),
    *("concavity", "concave points", "symmetry", "fractal dimension"),
)
SUMMARIES = ("mean {}", "{} error", "worst {}")
UNDIAGNOSED = 50


def breast_cancer(folder: Path) -> Path:
    """Write 569 tumours with 30 measures and the `diagnosis` each, unless the file exists."""
    path = folder / "breast_cancer.csv"
    if not path.exists():
        names, tumours = _read_tumours()
        rows = ([*map(repr, measures), diagnosis] for measures, diagnosis in tumours)
        _write_csv(path, [*names, "diagnosis"], rows)
    return path


def undiagnosed(folder: Path) -> Path:
    """Write the measures of the first 50 tumours without a diagnosis, unless the file exists."""
    path = folder / "undiagnosed.csv"
    if not path.exists():
        names, tumours = _read_tumours()
        rows = (list(map(repr, measures)) for measures, _ in tumours[:UNDIAGNOSED])
        _write_csv(path, names, rows)
    return path


def sales(folder: Path) -> Path:
    """Write 1000 sales of six sellers, the same every time, unless the file exists."""
    path = folder / "sales.csv"
    if not path.exists():
        generator = random.Random(SEED)
        rows = (_sale(generator) for _ in range(SALES))
        _write_csv(path, ["data", "produto", "quantidade", "preco_unitario", "vendedor"], rows)
    return path


def _read_tumours() -> tuple[list[str], list[tuple[list[float], str]]]:
    """Return the names of the measures, and the measures and the diagnosis of each tumour."""
    # read from scikit-learn's file, because the package takes seconds to import
    spec = find_spec("sklearn")
    assert spec, "scikit-learn is a dependency"
    assert spec.origin, "and has files"
    table = Path(spec.origin).parent / "datasets" / "data" / "breast_cancer.csv"
    with table.open(newline="") as file:
        (_, _, *diagnoses), *records = csv.reader(file)
    names = [summary.format(measure) for summary in SUMMARIES for measure in NUCLEUS_MEASURES]
    return names, [(list(map(float, row[:-1])), diagnoses[int(row[-1])]) for row in records]


def _sale(generator: random.Random) -> list[object]:
    product = generator.choice(list(PRODUCTS))
    price = round(PRODUCTS[product] * generator.uniform(0.9, 1.1), 2)
    day = date(2026, 1, 1) + timedelta(days=generator.randrange(181))
    quantity, seller = generator.randint(1, 12), generator.choice(SELLERS)
    return [day.isoformat(), product, quantity, f"{price:.2f}", seller]


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a file that other processes see complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    temporary.replace(path)
