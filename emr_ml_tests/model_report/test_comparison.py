"""Two models side by side."""

from dataclasses import replace

from emr_ml.model_report.comparison import compared_figures, differences, render_comparison
from emr_ml.model_report.facts import ModelFacts, gather_facts
from emr_ml_tests.model_report.examples import binary, commit_model
from spark_jobs.runtime.lake import Lake


def two_models(lake: Lake) -> tuple[ModelFacts, ModelFacts]:
    """A model, and one that has lower losses with another parameter."""
    first = gather_facts(lake, commit_model(lake, binary()).version)
    better = {**binary(), "log_loss": 0.2, "intervals": {"log_loss": [0.15, 0.24]}}
    assert first.model
    figures = {**first.model.figures, "regularization": 0.5, "threshold": 0.2}
    second = replace(
        first,
        metrics=replace(first.metrics, version="d2", figures=better),
        model=replace(first.model, version="c2", figures=figures, params={"regularization": [0.5]}),
    )
    return first, second


def test_a_figure_is_better_for_certain_if_the_intervals_are_apart(folder_lake: Lake) -> None:
    found = {each.name: each for each in compared_figures(*two_models(folder_lake))}

    loss, accuracy = found["Log loss"], found["Accuracy"]
    assert (loss.first, loss.second, loss.difference) == ("0.3000", "0.2000", "-0.1000")
    assert (loss.better, loss.certain) == ("B", True)
    assert (accuracy.difference, accuracy.better, accuracy.certain) == ("0", "", False)


def test_only_what_differs_is_listed(folder_lake: Lake) -> None:
    found = {each.what: (each.first, each.second) for each in differences(*two_models(folder_lake))}

    assert found == {
        "lr_model: version": ("c1", "c2"),
        "metrics: version": ("d1", "d2"),
        "chosen: regularization": ("0.005", "0.5"),
        "chosen: threshold": ("n/a", "0.2"),
        "parameters: estimator": ("logistic_regression", "n/a"),
        "parameters: regularization": ("[0.005]", "[0.5]"),
    }


def test_the_page_says_whether_both_had_the_same_test_rows(folder_lake: Lake) -> None:
    first, second = two_models(folder_lake)
    assert second.snapshot
    elsewhere = replace(second, snapshot=replace(second.snapshot, version="a2"))

    assert "on the same test rows" in render_comparison(first, second)
    assert "on different test rows" in render_comparison(first, elsewhere)
