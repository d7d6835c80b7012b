"""Sample data: the same bytes on every machine, whole whoever writes them."""

import csv
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_breast_cancer

from emr_ml import sample_data
from emr_ml.contract import load_contract
from emr_ml.settings import SALES_CONTRACT, load_settings
from emr_ml_tests.processes import COUNT, Racers

BOTH = [sample_data.breast_cancer, sample_data.sales]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_and_hash(folder: str) -> str:
    """What a process sees in the file right after it asked for it."""
    # the tumours are written by the same function
    return hashlib.sha256(sample_data.sales(Path(folder)).read_bytes()).hexdigest()


@pytest.mark.parametrize("make", BOTH)
def test_a_sample_has_the_same_bytes_every_time(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    assert make(tmp_path / "a").read_bytes() == make(tmp_path / "b").read_bytes()


@pytest.mark.parametrize("make", BOTH)
def test_a_sample_that_is_there_is_not_written_again(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    make(tmp_path).write_text("mine")
    assert make(tmp_path).read_text() == "mine"


def test_there_are_569_tumours(tmp_path: Path) -> None:
    assert len(rows(sample_data.breast_cancer(tmp_path))) == 569


def test_the_tumours_are_those_that_scikit_learn_loads(tmp_path: Path) -> None:
    data: Any = load_breast_cancer()
    diagnoses = [data.target_names[target] for target in data.target]
    found = rows(sample_data.breast_cancer(tmp_path))
    assert [row.pop("diagnosis") for row in found] == diagnoses
    assert [*found[0]] == [*data.feature_names]
    assert [[*map(float, row.values())] for row in found] == data.data.tolist()


def test_there_are_a_thousand_sales_of_six_sellers(tmp_path: Path) -> None:
    found = rows(sample_data.sales(tmp_path))
    assert len(found) == 1000
    assert {row["vendedor"] for row in found} == set(sample_data.SELLERS)


def test_the_tumours_have_the_columns_of_their_contract(tmp_path: Path) -> None:
    contract = load_contract(load_settings().dataset)
    assert set(rows(sample_data.breast_cancer(tmp_path))[0]) == set(contract.names)


def test_the_sales_have_the_columns_of_their_contract(tmp_path: Path) -> None:
    contract = load_contract(SALES_CONTRACT)
    assert set(rows(sample_data.sales(tmp_path))[0]) == set(contract.names)


def test_every_measure_is_a_number(tmp_path: Path) -> None:
    contract = load_contract(load_settings().dataset)
    for row in rows(sample_data.breast_cancer(tmp_path)):
        for column in contract.columns:
            assert float(row[column]) >= 0


def test_the_tumours_have_both_labels_of_the_contract(tmp_path: Path) -> None:
    label = load_contract(load_settings().dataset).label
    values = {row["diagnosis"] for row in rows(sample_data.breast_cancer(tmp_path))}
    assert label and label.positive in values
    assert len(values) == 2


def test_processes_that_write_at_once_all_see_a_whole_file(tmp_path: Path, racers: Racers) -> None:
    alone = write_and_hash(str(tmp_path / "alone"))
    assert racers.race(write_and_hash, str(tmp_path / "shared")) == [alone] * COUNT


def test_writing_leaves_nothing_but_the_samples(tmp_path: Path) -> None:
    for make in BOTH:
        make(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"breast_cancer.csv", "sales.csv"}
