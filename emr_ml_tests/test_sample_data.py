"""Sample data: the same bytes on every machine, and always complete."""

import csv
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_breast_cancer

from emr_ml import sample_data
from emr_ml.contract import load_contract
from emr_ml.settings import load_settings
from emr_ml_tests.graph import SALES_CONTRACT
from emr_ml_tests.processes import COUNT, Racers

SAMPLES = [sample_data.breast_cancer, sample_data.sales]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_and_hash(folder: str) -> str:
    """Return a digest of the file right after it was requested."""
    # all samples are written by the same function
    return hashlib.sha256(sample_data.sales(Path(folder)).read_bytes()).hexdigest()


@pytest.mark.parametrize("make", SAMPLES)
def test_a_sample_has_the_same_bytes_every_time(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    assert make(tmp_path / "a").read_bytes() == make(tmp_path / "b").read_bytes()


@pytest.mark.parametrize("make", SAMPLES)
def test_an_existing_sample_is_not_written_again(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    make(tmp_path).write_text("mine")
    assert make(tmp_path).read_text() == "mine"


def test_the_tumours_are_those_of_scikit_learn(tmp_path: Path) -> None:
    data: Any = load_breast_cancer()
    diagnoses = [data.target_names[target] for target in data.target]

    tumours = rows(sample_data.breast_cancer(tmp_path))

    assert len(tumours) == 569
    assert [row.pop("diagnosis") for row in tumours] == diagnoses
    assert [*tumours[0]] == [*data.feature_names]
    assert [[*map(float, row.values())] for row in tumours] == data.data.tolist()


def test_the_tumours_fit_their_contract(tmp_path: Path) -> None:
    contract = load_contract(load_settings().dataset)
    tumours = rows(sample_data.breast_cancer(tmp_path))

    assert set(tumours[0]) == set(contract.names)
    assert all(float(row[column]) >= 0 for row in tumours for column in contract.columns)
    diagnoses = {row["diagnosis"] for row in tumours}
    assert contract.label and contract.label.positive in diagnoses
    assert len(diagnoses) == 2


def test_there_are_a_thousand_sales_of_six_sellers_that_fit_their_contract(tmp_path: Path) -> None:
    sales = rows(sample_data.sales(tmp_path))

    assert len(sales) == 1000
    assert {row["vendedor"] for row in sales} == set(sample_data.SELLERS)
    assert set(sales[0]) == set(load_contract(SALES_CONTRACT).names)


def test_concurrent_processes_all_see_a_complete_file(tmp_path: Path, racers: Racers) -> None:
    alone = write_and_hash(str(tmp_path / "alone"))
    assert racers.race(write_and_hash, str(tmp_path / "shared")) == [alone] * COUNT


def test_no_temporary_files_are_left(tmp_path: Path) -> None:
    for make in SAMPLES:
        make(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"breast_cancer.csv", "sales.csv"}
