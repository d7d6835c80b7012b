"""What is drawn of metrics once, and stored in the folder of their attempt."""

from pathlib import Path
from typing import cast
from urllib.parse import quote, urlsplit

from emr_ml.lake.champion import METRICS
from emr_ml.model_report.facts import LAYOUT, ModelFacts
from spark_jobs.evaluation.figures import MetricsFigures
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, attempt_key

PAGE = "report.html"
CHARTS = f"charts-{LAYOUT}.png"
PNG = b"\x89PNG"
HEAD_BYTES = 2000  # of the page, which have the digest of its facts
CONSOLE = "https://s3.console.aws.amazon.com/s3/object"


def page_key(metrics: Report) -> str:
    """Return the key of the page, which is removed with the data of its attempt."""
    return f"{attempt_key(METRICS, metrics.version, metrics.attempt)}/{PAGE}"


def store_page(lake: Lake, facts: ModelFacts) -> str:
    """Draw and write the page unless it is there with the same facts, and return its key."""
    key = page_key(facts.metrics)
    stored = lake.read(key)
    if stored is None or facts.digest.encode() not in stored.body[:HEAD_BYTES]:
        # matplotlib takes a second to import
        from emr_ml.model_report.page import render_page

        lake.write(key, render_page(facts).encode())
    return key


def store_charts(lake: Lake, metrics: Report) -> bytes:
    """Return all charts as one PNG, which is drawn unless it is there.

    Args:
        lake: with the report.
        metrics: a report with the figures of metrics.
    """
    folder = attempt_key(metrics.asset, metrics.version, metrics.attempt)
    stored = lake.read(f"{folder}/{CHARTS}")
    if stored and stored.body.startswith(PNG):
        return stored.body
    # matplotlib takes a second to import
    from emr_ml.model_report.charts import as_sheet

    drawn = as_sheet(cast("MetricsFigures", metrics.figures))
    lake.write(f"{folder}/{CHARTS}", drawn)
    return drawn


def address(lake: Lake, key: str) -> str:
    """Return what a browser opens: a URL of a local file, or of an object in the console of S3.

    A store other than AWS's has no such console; then it is the `s3://` address.
    """
    uri = lake.uri(key)
    if not uri.startswith("s3://"):
        return Path(uri).absolute().as_uri()
    # boto3 takes a second to import, but a lake in S3 has done so
    from spark_jobs.runtime.lake.s3 import S3Lake

    assert isinstance(lake, S3Lake), "only they have such addresses"
    host = urlsplit(lake.client.meta.endpoint_url).hostname or ""
    if not host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return uri
    bucket, _, name = uri.removeprefix("s3://").partition("/")
    return f"{CONSOLE}/{bucket}?prefix={quote(name)}"
