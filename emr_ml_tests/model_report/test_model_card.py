"""The model card: what drives the model, and what it was trained on."""

from emr_ml.model_report.facts import CheckOutcome, ModelFacts
from emr_ml.model_report.model_card import checks, data, features_note
from emr_ml_tests.checks.reports import a_report
from emr_ml_tests.model_report.examples import CONTRACT, a_model

HIDDEN = {**CONTRACT, "report": {"worst_rows": 0, "hidden": ["note", "seen"]}}


def test_a_model_of_an_earlier_release_learned_from_the_training_rows_alone() -> None:
    earlier = a_model(candidates=[{"featurizer": 0, "regularization": 0.005, "log_loss": 0.3}])

    assert dict(data(a_model()))["splits"].endswith("; the model learned from the first two")
    assert dict(data(earlier))["splits"].endswith("20 for testing")


def test_the_importance_of_a_feature_for_trees_has_no_sign() -> None:
    assert "log odds of yes" in features_note(a_model())
    assert "not whether it raises or lowers" in features_note(
        a_model(estimator="gradient_boosted_trees")
    )


def test_neither_a_check_nor_a_period_shows_a_value_of_a_hidden_column() -> None:
    shown = a_model(HIDDEN)
    seen = {"missing": 0, "first": "1950-01-01", "last": "1999-12-31"}
    leak = CheckOutcome("lr_model", "leak_suspicion", False, False, "'note: bob' explains 99%")
    given = ModelFacts(
        shown.metrics,
        shown.model,
        a_report(figures={"columns": {"seen": seen}}),
        contract=HIDDEN,
        checks=(leak,),
    )

    (check,) = checks(given)

    assert check.description == "not shown, because it names a value of 'note', which is hidden"
    assert "period of seen" not in dict(data(given))
