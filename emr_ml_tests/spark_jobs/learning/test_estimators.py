"""Fitted models are as good as scikit-learn's on the same rows."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import DEFAULTS, Bench, Done, Row
from spark_jobs.learning import estimators
from spark_jobs.runtime.job import Input
from spark_jobs.runtime.parts import ManifestEntry

Numbers = npt.NDArray[np.float64]
SPLITS = ("train", "validation", "test")
FOREST: dict[str, Any] = {"estimator": "random_forest", "trees": 20, "max_depth": [8]}


class Table:
    """Rows of numbers and a label, in random splits."""

    def __init__(self, bench: Bench, data: Numbers, label: Any, **described: Any) -> None:
        self.bench, self.data, self.label = bench, data, label
        self.split = np.random.default_rng(1).choice(SPLITS, len(label), p=[0.64, 0.16, 0.2])
        columns = dict.fromkeys((f"x{number}" for number in range(data.shape[1])), "numeric")
        self.contract = Contract.model_validate(
            {"columns": columns, "label": {"column": "y", **described}}
        )
        rows: list[Row] = [
            {"split": split, "y": value, **dict(zip(columns, each.tolist(), strict=True))}
            for split, value, each in zip(self.split, label.tolist(), data, strict=True)
        ]
        self.input: Input = bench.dataset(rows, self.contract)

    def on(self, *splits: str) -> tuple[Numbers, Any]:
        chosen = np.isin(self.split, splits)
        return self.data[chosen], self.label[chosen]

    def train(self, **params: Any) -> Done:
        return self.bench.train(self.input, self.contract, **{**DEFAULTS, **params})

    def figures(self, model: Done) -> dict[str, Any]:
        return dict(self.bench.measure(self.input, model, self.contract).result.figures)


@pytest.fixture(scope="module")
def cancer(bench: Bench) -> Table:
    data, label = datasets.load_breast_cancer(return_X_y=True)
    kinds = np.where(label == 0, "malignant", "benign")
    return Table(bench, np.asarray(data), kinds, positive="malignant")


@pytest.fixture(scope="module")
def forest(cancer: Table) -> Done:
    return cancer.train(**FOREST)


def linear(bench: Bench, scale: float, middle: float, features: int = 10) -> Table:
    """Rows that a line explains mostly, with features of very different scales."""
    chance = np.random.default_rng(4)
    data = chance.normal(size=(600, features)) * np.logspace(-3, 3, features)
    weights = chance.normal(size=features) / np.logspace(-3, 3, features)
    label = data @ weights + chance.normal(size=600)
    return Table(bench, data, label * scale + middle, kind="numeric")


def test_several_classes_are_predicted_as_accurately_as_by_scikit_learn(bench: Bench) -> None:
    data, label = map(np.asarray, datasets.load_iris(return_X_y=True))
    iris = Table(bench, data, np.array(["setosa", "versicolor", "virginica"])[label])
    expected = make_pipeline(StandardScaler(), LogisticRegression(C=100, max_iter=1000))
    expected.fit(*iris.on("train"))

    accuracy = iris.figures(iris.train(regularization=[1e-4]))["accuracy"]

    assert accuracy == pytest.approx(expected.score(*iris.on("test")), abs=0.02)


def test_a_forest_ranks_as_scikit_learns(cancer: Table, forest: Done) -> None:
    expected = RandomForestClassifier(100, max_depth=8, random_state=1).fit(*cancer.on("train"))
    data, label = cancer.on("test")
    area = roc_auc_score(label == "malignant", expected.predict_proba(data)[:, 1])

    assert cancer.figures(forest)["auc_roc"] == pytest.approx(area, abs=0.02)


def test_a_forest_of_the_same_rows_is_the_same_however_they_are_partitioned(
    bench: Bench, cancer: Table, forest: Done
) -> None:
    kept = bench.spark.read.parquet(f"{cancer.input.path}/kept")
    folder = bench.folder()
    kept.repartition(3).write.parquet(f"{folder}/kept")

    parted = Input("0" * 32, str(folder), parts=(ManifestEntry(folder.name),))

    again = bench.train(parted, cancer.contract, **{**DEFAULTS, **FOREST})

    found, expected = ({**done.result.figures} for done in (again, forest))
    shares = [figures.pop("explains_most")["share"] for figures in (found, expected)]
    assert shares[0] == pytest.approx(shares[1])  # a sum in the order in which tasks end
    assert found == expected


@pytest.mark.parametrize(
    ("scale", "middle"), [pytest.param(1e-6, 0.0, marks=pytest.mark.soak), (1e6, 1e9)]
)
def test_numbers_are_predicted_as_by_scikit_learn_whatever_their_unit(
    bench: Bench, scale: float, middle: float
) -> None:
    table = linear(bench, scale, middle)
    expected = make_pipeline(StandardScaler(), Ridge(1e-3)).fit(*table.on("train"))
    data, label = table.on("test")

    found = table.figures(table.train(regularization=[1e-6]))

    r2 = float(r2_score(label, expected.predict(data)))
    assert r2 > 0.8
    assert found["r2"] == pytest.approx(r2, rel=0.01)


@pytest.mark.parametrize("most_exact", [0, 1024], ids=["in steps", "exactly"])
def test_a_penalty_weighs_on_numbers_as_scikit_learns_by_row(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, most_exact: int
) -> None:
    monkeypatch.setattr(estimators, "MAX_NORMAL_FEATURES", most_exact)
    table = linear(bench, 1e6, 0.0)
    rows = len(table.on("train")[1])
    expected = make_pipeline(StandardScaler(), Ridge(0.5 * rows)).fit(*table.on("train"))
    data, label = table.on("test")

    found = table.figures(table.train(regularization=[0.5]))

    assert found["r2"] == pytest.approx(r2_score(label, expected.predict(data)), rel=0.01)
