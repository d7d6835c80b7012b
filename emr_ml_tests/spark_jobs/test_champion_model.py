"""Challenger and champion on the same rows."""

import math

import numpy as np
import pytest

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import Bench, Done, Row
from spark_jobs.champion_model import comparison
from spark_jobs.runtime.job import Input

BINARY = Contract.model_validate(
    {"columns": {"x": "numeric", "z": "numeric"}, "label": {"column": "y", "positive": "yes"}}
)
CLASSES = Contract.model_validate({"columns": BINARY.columns, "label": {"column": "y"}})
NUMBER = Contract.model_validate(
    {"columns": BINARY.columns, "label": {"column": "y", "kind": "numeric"}}
)


def rows(contract: Contract, test: int = 300) -> list[Row]:
    """Rows whose label `x` predicts better than `z`."""
    chance = np.random.default_rng(5)
    made: list[Row] = []
    for split, count in {"train": 200, "validation": 60, "test": test}.items():
        for x, z in chance.normal(size=(count, 2)):
            value = 2 * x + z + chance.normal()
            word = "yes" if value > 0 else "no"
            y = float(value) if contract is NUMBER else word
            made.append({"split": split, "x": float(x), "z": float(z), "y": y})
    return made


def losses(scored: list[Row]) -> np.ndarray:
    """By row, in the order of ids."""
    ordered = sorted(scored, key=lambda row: row["__row_id"])
    if "probability" not in ordered[0]:
        return np.array([(row["label"] - row["predicted"]) ** 2 for row in ordered])
    if "label_probability" in ordered[0]:
        right = np.array([row["label_probability"] for row in ordered])
    else:
        of_one = np.array([row["probability"] for row in ordered])
        right = np.where([row["label"] for row in ordered], of_one, 1 - of_one)
    return -np.log(np.maximum(right, 2**-52))


def narrow(contract: Contract) -> Contract:
    """The contract with only the column that predicts worse."""
    return contract.model_copy(update={"columns": {"z": contract.columns["z"]}})


def better_and_worse(bench: Bench, contract: Contract) -> tuple[Input, Done, Done]:
    dataset = bench.dataset(rows(contract), contract)
    return dataset, bench.train(dataset, contract), bench.train(dataset, narrow(contract))


@pytest.mark.parametrize("contract", [BINARY, CLASSES, NUMBER], ids=["binary", "classes", "number"])
def test_figures_are_those_of_the_written_rows(bench: Bench, contract: Contract) -> None:
    dataset, better, worse = better_and_worse(bench, contract)

    done = bench.compare(dataset, better, worse, contract)

    figures = done.result.figures
    challenger, champion = (losses(done.rows(role)) for role in ("challenger", "champion"))
    gains = champion - challenger
    chance = np.random.default_rng(11)
    oracle = [chance.choice(gains, gains.size).mean() for _ in range(4000)]
    spread = gains.std() / gains.size**0.5
    assert figures["test_rows"] == done.result.rows["test"] == gains.size == 300
    assert figures["models"]["challenger"]["loss"] == pytest.approx(challenger.mean())
    assert figures["models"]["champion"]["loss"] == pytest.approx(champion.mean())
    assert figures["improvement"] == pytest.approx(gains.mean())
    assert gains.mean() > 0
    for quantile, share in {5: 0.025, 195: 0.975}.items():
        expected = pytest.approx(np.quantile(oracle, share), abs=0.2 * spread)
        assert figures["resampled"][quantile] == expected
    named = "rmse" if contract is NUMBER else "accuracy"
    assert set(figures["models"]["champion"]) > {"loss", named}


def test_a_model_against_itself_is_neither_better_nor_worse(bench: Bench) -> None:
    dataset = bench.dataset(rows(BINARY, 50), BINARY)
    model = bench.train(dataset, BINARY)

    figures = bench.compare(dataset, model, model, BINARY).result.figures

    assert figures["improvement"] == 0
    assert set(figures["resampled"]) == {0.0}


def test_losses_that_are_not_finite_are_reported_as_none() -> None:
    figures = comparison("binary", {1: (math.inf, 2), 2: (1.0, 1)}, {1: (1.0, 2), 2: (0.5, 1)})

    assert figures["improvement"] is None
    assert figures["resampled"] is None
    assert figures["models"] == {"challenger": {"loss": None}, "champion": {"loss": 0.5}}
