"""Links from a run to where its job ran."""

from emr_ml.launchers.base import Outcome
from emr_ml.ui.links import linked
from emr_ml.ui.metadata import materialization_metadata
from emr_ml_tests.checks.reports import a_report
from spark_jobs.runtime.lake import open_lake

PAGE = "https://eu-west-1.console.aws.amazon.com/emr/home?region=eu-west-1#/clusterDetails/j-1"
STEP = {
    "cluster": "j-1",
    "step": "s-1",
    "console": PAGE,
    "log": "s3://bucket/my logs/j-1/steps/s-1/",
    "cost_usd": 0.012345678,
}


def test_a_step_on_emr_leads_to_its_cluster_and_its_log_and_says_what_it_cost() -> None:
    outcome = Outcome(a_report(), reused=False, metadata=STEP)

    shown = materialization_metadata(outcome, open_lake("/no/lake"))

    assert (shown["cluster"], shown["step"], shown["cost_usd"]) == ("j-1", "s-1", 0.01235)
    assert shown["console"].url == PAGE
    assert shown["log"].path == STEP["log"]
    assert shown["log_in_console"].url == (
        "https://s3.console.aws.amazon.com/s3/buckets/bucket?prefix=my%20logs/j-1/steps/s-1/"
    )


def test_a_log_elsewhere_has_no_page_in_the_console_of_aws() -> None:
    shown = linked({"master": "spark://host:7077", "log": "s3://bucket/logs", "pod": "driver-1"})

    assert list(shown) == ["master", "log", "pod"]
    assert shown["pod"] == "driver-1"
