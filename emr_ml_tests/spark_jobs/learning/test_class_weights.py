"""Classes are weighted in the fit, and probabilities are calibrated nonetheless."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.ml import PipelineModel
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import Bench, Done, Row
from spark_jobs.learning.class_weights import (
    PROBABILITY,
    WEIGHTED_PROBABILITY,
    calibration_stages,
    resolve_class_weights,
)
from spark_jobs.learning.label_encoding import PREDICTION
from spark_jobs.runtime.job import JobError

Numbers = npt.NDArray[np.float64]
COUNTS = {"no": 90, "yes": 10}
SPLITS = ("train", "validation", "test")

weights = st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=4)


@pytest.mark.parametrize(
    ("requested", "expected"),
    [
        ("none", {}),
        ("balanced", {"no": 100 / 180, "yes": 5.0}),
        ({"yes": 7.0, "no": 2.0}, {"no": 2.0, "yes": 7.0}),
        ({"yes": 7.0}, {"no": 1.0, "yes": 7.0}),
    ],
)
def test_weights_are_in_the_order_of_the_classes(
    requested: Any, expected: dict[str, float]
) -> None:
    found = resolve_class_weights(requested, COUNTS)

    assert list(found.items()) == [(name, pytest.approx(each)) for name, each in expected.items()]


@given(st.dictionaries(st.text(), st.integers(1, 10**9), min_size=2))
def test_balanced_classes_have_the_same_weight_in_total(counts: dict[str, int]) -> None:
    found = resolve_class_weights("balanced", counts)

    totals = {name: found[name] * count for name, count in counts.items()}
    assert totals == pytest.approx(dict.fromkeys(counts, sum(counts.values()) / len(counts)))


def test_a_weight_of_an_unknown_class_is_an_error_unless_the_contract_has_it() -> None:
    with pytest.raises(JobError, match=r"names 'maybe', but .* are 'no', 'yes': correct"):
        resolve_class_weights({"maybe": 2.0}, COUNTS)

    assert "maybe" not in resolve_class_weights({"maybe": 2.0}, COUNTS, ["maybe"])


@given(weights, st.data())
@settings(max_examples=3, deadline=None)
def test_calibration_undoes_what_weights_do_to_the_odds(
    spark: SparkSession, weights: list[float], data: st.DataObject
) -> None:
    shares = st.lists(st.floats(1e-6, 1), min_size=len(weights), max_size=len(weights))
    given = np.array(data.draw(st.lists(shares, min_size=1, max_size=10)))
    probabilities = given / given.sum(axis=1, keepdims=True)
    weighted = probabilities * weights / (probabilities * weights).sum(axis=1, keepdims=True)
    named = {str(number): weight for number, weight in enumerate(weights)}
    frame = spark.createDataFrame([(each.tolist(),) for each in weighted], "p array<double>")

    calibrated = PipelineModel(calibration_stages(named)).transform(
        frame.select(array_to_vector(F.col("p")).alias(WEIGHTED_PROBABILITY))
    )

    rows = calibrated.select(vector_to_array(F.col(PROBABILITY))).collect()
    assert np.array([row[0] for row in rows]) == pytest.approx(probabilities, rel=1e-6)


class Rare:
    """Rows whose log-odds are linear in `x` and `z`; most are `a`."""

    def __init__(self, bench: Bench, label: Mapping[str, Any], classes: str) -> None:
        self.bench = bench
        columns = {"x": "numeric", "z": "numeric"}
        self.contract = Contract.model_validate({"columns": columns, "label": label})
        chance = np.random.default_rng(12)
        self.data = chance.normal(size=(4000, 2))
        odds = np.exp(np.outer(self.data[:, 0], np.arange(len(classes))) * 1.5)
        odds[:, 1:] *= 0.03
        shares = odds / odds.sum(axis=1, keepdims=True)
        drawn = (chance.random((4000, 1)) > shares.cumsum(axis=1)).sum(axis=1)
        self.label = np.array(list(classes))[drawn]
        self.split = chance.choice(SPLITS, 4000, p=[0.5, 0.1, 0.4])
        self.input = bench.dataset(self._rows(), self.contract)
        self._trained: dict[str, Done] = {}

    def _rows(self) -> list[Row]:
        return [
            {"split": split, "y": label, "x": float(x), "z": float(z)}
            for split, label, (x, z) in zip(
                self.split.tolist(), self.label.tolist(), self.data, strict=True
            )
        ]

    def on(self, *splits: str) -> tuple[Numbers, Any]:
        chosen = np.isin(self.split, splits)
        return self.data[chosen], self.label[chosen]

    def train(self, class_weight: Any, **params: Any) -> Done:
        """Return the model of these parameters, which is trained once."""
        params = {"regularization": [1e-6], "max_iterations": 100, "tolerance": 1e-9, **params}
        params["class_weight"] = class_weight
        if repr(params) not in self._trained:
            self._trained[repr(params)] = self.bench.train(self.input, self.contract, **params)
        return self._trained[repr(params)]

    def figures(self, model: Done) -> dict[str, Any]:
        return dict(self.bench.measure(self.input, model, self.contract).result.figures)

    def probabilities(self, model: Done) -> tuple[Numbers, list[Any]]:
        """What whoever loads the saved pipeline sees: probabilities and predictions by row."""
        pipeline = PipelineModel.load(str(model.path / "model"))
        frame = self.bench.spark.createDataFrame(
            [(index, float(x), float(z)) for index, (x, z) in enumerate(self.data)],
            "i int, x double, z double",
        )
        seen = pipeline.transform(frame).select(
            "i", vector_to_array(F.col(PROBABILITY)), PREDICTION
        )
        rows = seen.orderBy("i").collect()
        return np.array([row[1] for row in rows]), [row[2] for row in rows]


@pytest.fixture(scope="module")
def binary(bench: Bench) -> Rare:
    return Rare(bench, {"column": "y", "positive": "b"}, "ab")


@pytest.fixture(scope="module")
def several(bench: Bench) -> Rare:
    return Rare(bench, {"column": "y"}, "abc")


def corrected(rare: Rare, weights: Mapping[str, float]) -> Numbers:
    """Probabilities of scikit-learn's weighted regression with the prior correction."""
    data, label = rare.on("train", "validation")
    scaler = StandardScaler().fit(data)
    model = LogisticRegression(C=1e4, class_weight={**weights}, max_iter=1000, tol=1e-9)
    model.fit(scaler.transform(data), label)
    shift = np.log([weights[name] for name in model.classes_])
    # of two classes, scikit-learn has the log-odds of the second one
    model.intercept_ -= shift if len(shift) > 2 else shift[1] - shift[0]
    return model.predict_proba(scaler.transform(rare.data))


@pytest.mark.usefixtures("spark")  # asked for by name, which hides it from the marker
@pytest.mark.parametrize("table", ["binary", "several"])
def test_the_saved_regression_has_the_prior_correction(
    table: str, request: pytest.FixtureRequest
) -> None:
    rare: Rare = request.getfixturevalue(table)
    model = rare.train("balanced")
    names = "ab" if table == "binary" else "abc"

    found, predictions = rare.probabilities(model)
    weights = model.result.figures["class_weights"]

    assert len(set(weights.values())) == len(names)
    by_name = dict(zip(names, weights.values(), strict=True))
    assert np.abs(found - corrected(rare, by_name)).max() < 0.01
    likeliest = found.argmax(axis=1)
    assert predictions == [
        index if table == "binary" else names[index] for index in likeliest.tolist()
    ]


@pytest.mark.usefixtures("spark")  # asked for by name, which hides it from the marker
@pytest.mark.parametrize("table", ["binary", pytest.param("several", marks=pytest.mark.soak)])
@pytest.mark.parametrize(
    "params",
    [
        {},
        pytest.param(
            {"estimator": "random_forest", "trees": 30, "max_depth": [5]}, marks=pytest.mark.soak
        ),
    ],
)
def test_weights_hardly_change_how_well_probabilities_fit(
    table: str, params: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    rare: Rare = request.getfixturevalue(table)

    plain = rare.figures(rare.train("none", **params))
    weighted = rare.figures(rare.train("balanced", **params))

    assert weighted["log_loss"] == pytest.approx(plain["log_loss"], rel=0.1)
    assert weighted["accuracy"] == pytest.approx(plain["accuracy"], abs=0.01)


def test_candidates_are_chosen_by_calibrated_probabilities(binary: Rare) -> None:
    model = binary.train({"b": 1000.0})
    data, label = binary.on("validation")

    found, _ = binary.probabilities(model)
    chosen = found[binary.split == "validation"][np.arange(len(data)), (label == "b").astype(int)]

    # before the last fit, which also had these rows
    assert model.result.figures["log_loss"] == pytest.approx(-np.log(chosen).mean(), rel=0.1)
    assert model.result.figures["class_weights"] == {"not b": 1.0, "b": 1000.0}


def test_a_model_without_weights_has_no_further_stages(binary: Rare) -> None:
    model = binary.train("none")

    names = [type(stage).__name__ for stage in PipelineModel.load(str(model.path / "model")).stages]
    assert not {"ElementwiseProduct", "Normalizer"} & set(names)
    assert "class_weights" not in model.result.figures
