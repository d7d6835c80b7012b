"""The page about a model."""

from pathlib import Path
from typing import Any

import boto3
import pytest

from emr_ml.contract import Contract
from emr_ml.lake.champion import record_decision
from emr_ml.model_report.facts import gather_facts
from emr_ml.model_report.page import render_page
from emr_ml.model_report.stored import address, store_page
from emr_ml_tests.model_report.examples import (
    CONTRACT,
    OLD_FIGURES,
    binary,
    commit_model,
    multiclass,
    regression,
)
from emr_ml_tests.s3_server import S3
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.lake.s3 import S3Lake
from spark_jobs.runtime.report import report_key

MAX_BYTES = 500_000
AWS = "https://s3.eu-west-1.amazonaws.com"


def page(lake: Lake, figures: dict[str, Any], contract: dict[str, Any] = CONTRACT) -> str:
    return render_page(gather_facts(lake, commit_model(lake, figures, contract).version))


@pytest.mark.parametrize(
    "figures",
    [binary(), multiclass("a", "b"), multiclass(*map(str, range(30))), regression()],
    ids=["two classes", "few classes", "many classes", "numbers"],
)
def test_a_page_needs_no_other_file_and_no_script(
    folder_lake: Lake, figures: dict[str, Any]
) -> None:
    html = page(folder_lake, figures)

    assert len(html.encode()) < MAX_BYTES
    assert "<script" not in html
    assert not any(f'{kind}="http' in html for kind in ("src", "href"))
    assert "prefers-color-scheme: dark" in html


def test_a_page_says_what_the_model_was_trained_on_and_by_what(folder_lake: Lake) -> None:
    html = page(folder_lake, binary())

    for text in (
        *("churned: yes or no", "3 columns: age, note, town", "/data", "2.0 MB: customers.csv"),
        *("100 read, 97 kept, 3 rejected (3%)", "age: not a number", "town=Ulm"),
        *("62 for training, 15 for validation, 20 for testing", "trained on 77 rows"),
        *("0.8100 to 0.9000", "worse", "better", "chance of yes"),
    ):
        assert text in html, text


def test_values_of_the_data_are_shown_as_text(folder_lake: Lake) -> None:
    html = page(folder_lake, binary())

    assert "&lt;script&gt;alert(1)&lt;/script&gt; long long" in html
    assert "&lt;b&gt;Ulm" in html


def test_a_value_of_a_hidden_column_is_not_shown(folder_lake: Lake) -> None:
    hidden = {**CONTRACT, "report": {"worst_rows": 20, "hidden": ["town", "age"]}}

    html = page(folder_lake, {**binary(), "slices": [], "worst_rows": []}, hidden)

    assert "Ulm" not in html
    assert "town (a value)" in html
    assert "18 to 99" not in html


def test_a_report_of_an_earlier_release_is_drawn_with_what_it_has(folder_lake: Lake) -> None:
    figures = {k: v for k, v in binary(threshold=None).items() if k not in OLD_FIGURES}

    html = page(folder_lake, figures, {"label": CONTRACT["label"]})

    assert "Right in 86 of 100" in html
    assert "Where it is wrong" not in html


def test_metrics_whose_model_and_data_are_gone_are_drawn_alone(folder_lake: Lake) -> None:
    version = commit_model(folder_lake, binary()).version
    for asset, gone in (("raw_csv_s3", "a1"), ("processed_dataset", "b1"), ("lr_model", "c1")):
        folder_lake.remove(report_key(asset, gone))

    html = render_page(gather_facts(folder_lake, version))

    assert "Right in 86 of 100" in html
    assert "What drives it" not in html


def test_a_page_is_drawn_again_only_if_its_facts_have_changed(folder_lake: Lake) -> None:
    report = commit_model(folder_lake, binary())
    key = store_page(folder_lake, gather_facts(folder_lake, report.version))
    drawn = folder_lake.read(key)
    assert drawn
    folder_lake.write(key, drawn.body + b"<!-- kept -->")

    store_page(folder_lake, gather_facts(folder_lake, report.version))
    kept = folder_lake.read(key)
    record_decision(
        folder_lake,
        report,
        {"promoted": True, "reason": "it is better", "figures": {"champion_log_loss": 0.4}},
    )
    store_page(folder_lake, gather_facts(folder_lake, report.version))
    changed = folder_lake.read(key)

    assert kept and kept.body.endswith(b"<!-- kept -->")
    assert changed and b"It became the champion: it is better." in changed.body
    assert b"0.4000" in changed.body


def test_checks_are_evaluated_by_the_contract_at_hand(folder_lake: Lake) -> None:
    version = commit_model(folder_lake, binary()).version
    contract = Contract.model_validate(
        {"columns": {"age": "numeric"}, "checks": {"floors": {"accuracy": 0.9}}}
    )

    html = render_page(gather_facts(folder_lake, version, contract))

    assert "Use it with care" in html
    assert "accuracy is 0.86, below 0.9" in html


def test_the_address_of_a_local_page_is_one_that_a_browser_opens(tmp_path: Path) -> None:
    lake = open_lake(str(tmp_path / "a lake"))

    assert address(lake, "report.html") == f"{tmp_path.as_uri()}/a%20lake/report.html"


def test_the_address_of_a_page_in_s3_is_in_the_console_if_it_is_awss(s3: S3) -> None:
    elsewhere = S3Lake(s3.uri("lake"))
    of_aws = S3Lake(s3.uri("lake"), boto3.client("s3", "eu-west-1", endpoint_url=AWS))

    console = "https://s3.console.aws.amazon.com/s3/object"
    assert address(elsewhere, "report.html") == s3.uri("lake/report.html")
    assert address(of_aws, "report.html") == f"{console}/{s3.bucket}?prefix=lake/report.html"
