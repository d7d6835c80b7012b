"""The candidates that were compared."""

from typing import Any

from emr_ml.model_report.candidates_section import candidates, candidates_note
from emr_ml_tests.model_report.examples import a_model

LINEAR: dict[str, Any] = {
    "estimator": "logistic_regression",
    "regularization": 0.005,
    "iterations": 24,
}
TREES: dict[str, Any] = {"estimator": "gradient_boosted_trees", "iterations": 80}


def candidates_of(*figures: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"featurizer": 0, "accuracy": 0.9, "log_loss": 0.3, **each} for each in figures]


def test_the_chosen_candidate_is_known_though_its_scores_have_changed_since() -> None:
    tried = candidates_of(LINEAR, TREES)
    figures: dict[str, Any] = {**TREES, "regularization": None, "log_loss": 0.2, "accuracy": 0.8}

    found = candidates(a_model(**figures, candidates=tried))

    assert found.titles == ["estimator", "regularization", "iterations", "log loss", "accuracy"]
    assert [(row.cells[0], row.chosen) for row in found.rows] == [
        ("logistic regression", False),
        ("gradient boosted trees", True),
    ]


def test_featurizers_are_named_by_what_differs_between_them() -> None:
    tried = candidates_of({**LINEAR, "featurizer": 0}, {**LINEAR, "featurizer": 1})

    found = candidates(a_model(**LINEAR, candidates=tried, featurizer={"index": 1}))

    assert [(row.cells[0], row.chosen) for row in found.rows] == [
        ("tf_idf", False),
        ("hashing_tf", True),
    ]


def test_the_note_says_on_which_rows_candidates_were_compared_and_what_became_of_the_best() -> None:
    note = candidates_note(a_model(folds=5, threshold=0.2, calibrated=True))

    for text in (
        "5 folds of the training and validation rows",
        "accuracy is that of a threshold of 0.5",
        "fitted to the training and validation rows",
        "probabilities are calibrated",
    ):
        assert text in note, text


def test_the_candidates_of_an_earlier_release_were_not_fitted_again() -> None:
    earlier = a_model(candidates=[{"featurizer": 0, "regularization": 0.005, "log_loss": 0.3}])

    assert candidates_note(earlier).startswith("The scores are of the validation rows. The figures")
