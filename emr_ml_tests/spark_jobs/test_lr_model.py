"""What the model learns, from which rows, and what is reported about it."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.classification import LogisticRegressionModel
from pyspark.ml.functions import vector_to_array
from pyspark.sql import functions as F

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import DEFAULTS, SMALL, Bench, Done, Row
from spark_jobs.learning import local_rows
from spark_jobs.learning.class_weights import PROBABILITY
from spark_jobs.runtime.job import Input, JobError

TOY = Contract.model_validate(
    {
        "columns": {"x": "numeric", "c": "categorical", "t": "text"},
        "label": {"column": "y", "positive": "yes"},
    }
)
TEXT = {"columns": {"t": "text"}, "label": {"column": "y", "positive": "yes"}}
# names that resemble those of the columns that stages add
GREEDY = ("numbers", "categories", "numeric_0", "rawPrediction", "assembled", "numbers_scaled")


def toy(split: str, count: int, **fields: Any) -> list[Row]:
    """Rows in which only `x` predicts the label."""
    chance = random.Random(f"{split}{fields}")
    return [
        {
            "split": split,
            "x": chance.gauss(4 if number % 2 else -4),
            "c": chance.choice("abc"),
            "t": chance.choice(["one", "two words"]),
            "y": "yes" if number % 2 else "no",
            **fields,
        }
        for number in range(count)
    ]


SOME = [*toy("train", 60), *toy("validation", 20)]


def fitted(done: Done) -> LogisticRegressionModel:
    stages = PipelineModel.load(str(done.path / "model")).stages
    (model,) = (stage for stage in stages if isinstance(stage, LogisticRegressionModel))
    return model


@pytest.fixture(scope="module")
def learned(bench: Bench) -> Done:
    """A model of separable rows, whose test split is like the others."""
    dataset = bench.dataset([*SOME, *toy("test", 20)], TOY)
    return bench.train(dataset, TOY, regularization=[10.0, 1e-3, 0.1])


def test_the_chosen_regularization_has_the_lowest_log_loss(learned: Done) -> None:
    figures = learned.result.figures

    assert figures["log_loss"] == min(each["log_loss"] for each in figures["candidates"])
    assert figures["regularization"] == 1e-3


def test_figures_have_all_candidates_in_the_order_given(learned: Done) -> None:
    candidates = learned.result.figures["candidates"]

    assert [candidate["regularization"] for candidate in candidates] == [10.0, 1e-3, 0.1]
    assert {"featurizer", "log_loss", "accuracy", "converged"} <= candidates[0].keys()


def test_figures_are_json_values(learned: Done) -> None:
    assert json.loads(json.dumps(learned.result.figures)) == learned.result.figures


def test_the_strongest_features_have_their_names_and_signs(learned: Done) -> None:
    strongest = learned.result.figures["strongest"]
    names = {each["feature"] for each in strongest}

    assert strongest[0]["feature"] == "x"
    assert strongest[0]["weight"] > 0 > strongest[-1]["weight"]
    assert names <= {"x", "c=a", "c=b", "c=c", "t: one", "t: two", "t: words", "t: two words"}


def test_figures_show_how_much_depends_on_one_feature(learned: Done) -> None:
    figures = learned.result.figures

    assert (figures["finite"], figures["converged"]) == (True, True)
    assert figures["share_of_strongest"]["feature"] == figures["explains_most"]["feature"] == "x"
    assert 0.9 < figures["explains_most"]["share"] < 0.99


@pytest.mark.parametrize(
    ("label", "params"),
    [
        ({}, {"estimator": "random_forest", "trees": 5, "max_depth": [3]}),
        ({"kind": "numeric"}, {}),
        ({"classes": ["0", "1"]}, {}),
    ],
    ids=["random_forest", "numeric", "classes"],
)
def test_a_copy_of_the_label_among_the_columns_explains_it(
    bench: Bench, label: Row, params: Row
) -> None:
    described = {"column": "y", **(label or {"positive": "1"})}
    columns = {"x": "numeric", "leak": "numeric"}
    contract = Contract.model_validate({"columns": columns, "label": described})
    rows = [
        {
            **row,
            "y": float(row["y"] == "yes") if "kind" in label else str(int(row["y"] == "yes")),
            "leak": float(row["y"] == "yes"),
        }
        for row in SOME
    ]

    figures = bench.train(bench.dataset(rows, contract), contract, **params).result.figures

    assert figures["explains_most"] == {"feature": "leak", "share": pytest.approx(1)}
    assert figures["weighed_features"] == 2
    assert all(("class" in each) == ("classes" in label) for each in figures["strongest"])


def test_rows_are_counted_by_split(learned: Done) -> None:
    assert learned.result.rows == {"train": 60, "validation": 20, "test": 20}


def test_positives_are_counted_by_split(learned: Done) -> None:
    assert learned.result.figures["positive"] == {"train": 30, "validation": 10, "test": 10}


def test_the_saved_model_has_the_features_that_the_figures_name(learned: Done) -> None:
    assert fitted(learned).numFeatures == learned.result.figures["features"]


def test_the_test_split_does_not_change_the_model(bench: Bench, learned: Done) -> None:
    strange = toy("test", 20, x=1e6, c="new", t="other words", y="no")
    dataset = bench.dataset([*SOME, *strange], TOY)

    other = bench.train(dataset, TOY, regularization=[10.0, 1e-3, 0.1])

    assert fitted(other).coefficients == fitted(learned).coefficients
    assert fitted(other).intercept == fitted(learned).intercept


def test_separable_rows_are_classified_correctly(bench: Bench, learned: Done) -> None:
    dataset = bench.dataset([*SOME, *toy("test", 20)], TOY)

    assert bench.measure(dataset, learned, TOY).result.figures["accuracy"] == 1.0


def test_unseen_and_missing_values_are_scored(bench: Bench, learned: Done) -> None:
    odd: list[Row] = [
        {"split": "test", "y": "yes"},
        {"split": "test", "x": -4.0, "c": "new", "t": "new", "y": "no"},
    ]

    assert bench.measure(bench.dataset(odd, TOY), learned, TOY).result.rows == {"test": 2}


def test_a_column_without_a_value_in_the_training_split_is_ignored_and_named(bench: Bench) -> None:
    contract = Contract.model_validate(
        {
            "columns": {"x": "numeric", "n": "numeric", "c": "categorical", "t": "text"},
            "label": {"column": "y", "positive": "yes"},
        }
    )
    emptied = [{**row, "c": None, "t": None} for row in toy("train", 40)]
    dataset = bench.dataset([*emptied, *toy("validation", 10, n=1.0)], contract)

    figures = bench.train(dataset, contract).result.figures

    assert (figures["ignored_columns"], figures["features"]) == (["c", "n", "t"], 1)


def test_columns_may_have_the_names_of_the_stages_own_columns(bench: Bench) -> None:
    contract = Contract.model_validate(
        {"columns": dict.fromkeys(GREEDY, "numeric"), "label": TOY.label}
    )
    rows = [{**row, **dict.fromkeys(GREEDY, row["x"])} for row in [*SOME, *toy("test", 10)]]
    dataset = bench.dataset(rows, contract)

    model = bench.train(dataset, contract)

    assert bench.measure(dataset, model, contract).result.rows == {"test": 10}


def test_columns_without_any_value_are_an_error(bench: Bench) -> None:
    rows = [{**row, "x": None, "c": None, "t": None} for row in SOME]

    with pytest.raises(JobError, match="no column"):
        bench.train(bench.dataset(rows, TOY), TOY)


def test_a_contract_without_a_label_is_an_error(bench: Bench) -> None:
    contract = Contract.model_validate({"columns": {"x": "numeric"}})

    with pytest.raises(JobError, match="names no label"):
        bench.train(bench.dataset(SOME, TOY), contract)


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_label_of_one_class_is_an_error_that_names_it_and_counts(
    bench: Bench, split: str
) -> None:
    rows = [{**row, "y": "no"} if row["split"] == split else row for row in SOME]

    with pytest.raises(JobError, match=f"'y' has one class in the {split} split.*{split} 0 of"):
        bench.train(bench.dataset(rows, TOY), TOY)


@pytest.fixture(scope="module")
def trained_on_words(bench: Bench) -> tuple[Input, Contract, Done]:
    """A model of rows that words separate, with two featurizers, one of which is useless."""
    contract = Contract.model_validate(
        {"columns": {"t": "text"}, "label": {"column": "y", "positive": "yes"}}
    )
    chance = random.Random(3)
    rows: list[Row] = [
        {
            "split": split,
            "t": f"{chance.choice(['a', 'the'])} {'good' if number % 2 else 'bad'} film",
            "y": "yes" if number % 2 else "no",
        }
        for split, count in {"train": 60, "validation": 20, "test": 20}.items()
        for number in range(count)
    ]
    dataset = bench.dataset(rows, contract)
    settings = SMALL["featurizers"][0]
    useless = {**settings, "dimensions": 1}  # all terms are one
    words = {**settings, "text": "word2vec", "dimensions": 10}
    return dataset, contract, bench.train(dataset, contract, featurizers=[useless, words])


def test_of_several_featurizers_the_best_on_the_validation_split_is_chosen(
    trained_on_words: tuple[Input, Contract, Done],
) -> None:
    figures = trained_on_words[2].result.figures

    assert {each["featurizer"] for each in figures["candidates"]} == {0, 1}
    assert (figures["featurizer"]["index"], figures["featurizer"]["text"]) == (1, "word2vec")
    assert figures["features"] == 10
    assert figures["strongest"][0]["feature"].startswith("t: dimension ")
    assert figures["folds"] > 1  # there are few rows


def test_word_vectors_separate_what_words_separate(
    bench: Bench, trained_on_words: tuple[Input, Contract, Done]
) -> None:
    dataset, contract, model = trained_on_words

    assert bench.measure(dataset, model, contract).result.figures["accuracy"] == 1.0


def trained_on(bench: Bench, files: dict[str, bytes], contract: Contract) -> dict[str, Any]:
    processed = bench.process(files, contract)
    model = bench.train(processed.as_input, contract, **DEFAULTS)
    return dict(bench.measure(processed.as_input, model, contract).result.figures)


@pytest.mark.soak
def test_census_income_is_predicted_with_an_roc_auc_of_at_least_90(
    bench: Bench, shared_data: Path
) -> None:
    numbers = ("age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week")
    body = (shared_data / "adult.csv").read_bytes()
    header = body.partition(b"\n")[0].decode().split(",")
    names = [name.strip() for name in header if name.strip() != "Salary"]
    kinds = {name: "numeric" if name in numbers else "categorical" for name in names}
    contract = Contract.model_validate(
        {"columns": kinds, "label": {"column": "Salary", "positive": ">50K"}}
    )

    assert trained_on(bench, {"adult.csv": body}, contract)["auc_roc"] >= 0.90


@pytest.mark.soak
def test_film_reviews_are_predicted_with_an_accuracy_of_at_least_90(
    bench: Bench, shared_data: Path
) -> None:
    contract = Contract.model_validate(
        {
            "columns": {"review": "text"},
            "label": {"column": "sentiment", "positive": "positive", "negative": ["negative"]},
        }
    )
    body = (shared_data / "reviews.csv.gz").read_bytes()

    assert trained_on(bench, {"reviews.csv.gz": body}, contract)["accuracy"] >= 0.90


@pytest.mark.parametrize(("in_driver", "unit"), [(True, 1e-3), (False, 1e100)])
def test_rows_count_by_their_weight_in_any_unit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, in_driver: bool, unit: float
) -> None:
    contract = Contract.model_validate(
        {
            "columns": {"x": "numeric"},
            "label": {"column": "y", "positive": "yes"},
            "weight": "w",
        }
    )
    weighted = [
        {**row, "w": unit * (9.0 if row["y"] == "yes" else 1.0), "x": float(number % 7)}
        for number, row in enumerate(SOME)
    ]
    if not in_driver:
        monkeypatch.setattr(local_rows, "MAX_LOCAL_BYTES", 0)

    done = bench.train(bench.dataset(weighted, contract), contract, estimator="logistic_regression")

    probabilities = with_probability(bench, done, weighted)
    assert sum(probabilities) / len(probabilities) == pytest.approx(0.9, abs=0.02)


def with_probability(bench: Bench, done: Done, rows: list[Row]) -> list[float]:
    """The probability of `yes` of each row."""
    pipeline = PipelineModel.load(str(done.path / "model"))
    frame = bench.spark.createDataFrame([(row["x"],) for row in rows], "x double")
    found = pipeline.transform(frame).select(vector_to_array(F.col(PROBABILITY))[1])
    return [row[0] for row in found.collect()]
