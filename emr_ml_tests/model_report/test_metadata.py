"""What Dagster shows of a model's page."""

from emr_ml.model_report.facts import CheckOutcome, ModelFacts
from emr_ml.model_report.metadata import LINE_CHARACTERS, summary
from emr_ml.ui.metadata import SHOWN_CHARACTERS
from emr_ml_tests.checks.reports import a_report
from emr_ml_tests.model_report.examples import CONTRACT, LABEL, binary


def facts(positive: str = "yes", checks: int = 1) -> ModelFacts:
    metrics = a_report(asset="metrics", version="0123456789abcdef", figures=binary())
    contract = {**CONTRACT, "label": {**LABEL, "positive": positive}}
    failed = [CheckOutcome("metrics", f"check_{i}", False, False, "") for i in range(checks)]
    return ModelFacts(metrics, contract=contract, checks=tuple(failed))


def test_the_summary_is_the_verdict_and_the_figures_with_intervals() -> None:
    text = summary(facts())

    assert text.startswith("**Use it with care: the check check\\_0 failed\\.**")
    assert "| accuracy | 0.8600 | 0.8100 to 0.9000 |" in text
    assert "| recall |" not in text
    assert text.endswith("`emr-ml report 01234567` opens the whole report.")


def test_the_summary_is_short_enough_to_be_shown_at_once() -> None:
    assert len(summary(facts(checks=80))) <= SHOWN_CHARACTERS


def test_its_sentences_are_wrapped_as_the_column_that_shows_them_does_not_wrap() -> None:
    text = summary(facts(checks=8))

    sentences = text[: text.index("| accuracy")].splitlines()
    assert sentences[0].startswith("**Use it with care")
    assert sentences[0].endswith("\\"), "a line break in Markdown"
    assert max(len(line.replace("\\", "").strip("*")) for line in sentences) <= LINE_CHARACTERS


def test_a_value_of_the_data_is_no_markdown() -> None:
    text = summary(facts("[x](javascript:alert`1`) <b>")).replace("\\\n", " ")

    assert r"\[x\]\(javascript:alert\`1\`\) \<b\>" in text
