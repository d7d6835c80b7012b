"""The champion on data that it was not trained on."""

import numpy as np

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import Bench, Row
from spark_jobs import champion_metrics, metrics

CONTRACT = Contract.model_validate(
    {"columns": {"x": "numeric"}, "label": {"column": "y", "positive": "yes"}}
)


def rows(seed: int, slope: float) -> list[Row]:
    chance = np.random.default_rng(seed)
    made: list[Row] = []
    for split, count in {"train": 150, "validation": 40, "test": 80}.items():
        for x in chance.normal(size=count):
            positive = slope * x + chance.normal(scale=0.3) > 0
            made.append({"split": split, "x": float(x), "y": "yes" if positive else "no"})
    return made


def test_champion_metrics_runs_the_job_of_metrics() -> None:
    assert champion_metrics.run is metrics.run


def test_a_label_that_turned_round_shows_in_the_figures(bench: Bench) -> None:
    before, after = (bench.dataset(rows(1, slope), CONTRACT) for slope in (1.0, -1.0))
    model = bench.train(before, CONTRACT)

    then = bench.measure(before, model, CONTRACT).result.figures
    now = bench.measure(after, model, CONTRACT).result.figures

    assert then["accuracy"] > 0.8
    assert now["accuracy"] < 0.2
    assert now["test_rows"] == 80
