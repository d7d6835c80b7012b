"""What Dagster's UI shows of a page: where it is, the verdict, and the figures in a table."""

from collections.abc import Callable, Mapping
from textwrap import wrap
from typing import Any

import dagster as dg

from emr_ml.contract import Contract
from emr_ml.lake.versions import short
from emr_ml.model_report.facts import ModelFacts, gather_facts
from emr_ml.model_report.figures_section import figure_rows
from emr_ml.model_report.glance import SHOWN_CHARACTERS
from emr_ml.model_report.stored import address, store_page
from emr_ml.model_report.verdict import verdict
from spark_jobs.runtime.lake import Lake

LINE_CHARACTERS = 48  # fit into Dagster's page in a window of 1500 pixels
# characters with a meaning in Markdown, beside those of HTML
SPECIAL = str.maketrans({char: f"\\{char}" for char in r"\`*_{}[]<>()#+-.!|~&"})


def with_page(
    context: dg.AssetExecutionContext,
    result: dg.MaterializeResult,
    lake: Lake,
    load_contract: Callable[[], Contract],
) -> dg.MaterializeResult:
    """Store the page of a materialization of `metrics`, and put it first in the metadata."""
    assert result.data_version, "every materialization has one"
    version = result.data_version.value
    try:
        facts = gather_facts(lake, version, load_contract())
        page = address(lake, store_page(lake, facts))
        is_path = page.startswith("s3://")
        shown: Mapping[str, Any] = {
            "report": dg.MetadataValue.path(page) if is_path else dg.MetadataValue.url(page),
            "verdict": dg.MetadataValue.md(summary(facts)),
        }
    # the metrics are committed: that nobody can draw them is no reason to fail what needs them
    except Exception as error:
        context.log.warning("there is no report.html of these metrics: %s", error)
        return result
    return dg.MaterializeResult(
        metadata={**shown, **(result.metadata or {})},
        data_version=result.data_version,
        check_results=result.check_results,
    )


def summary(facts: ModelFacts) -> str:
    """Return the verdict and the figures in Markdown, short enough to be shown at once."""
    said = verdict(facts)
    lines = [f"**{_wrapped(f'{said.summary}.')}**", *map(_wrapped, said.good_at)]
    rows = ["| | | 95% interval |", "|---|---|---|"]
    figures = figure_rows(facts)
    certain = [row for row in figures if row.interval]
    rows += [f"| {row.key} | {row.value} | {row.interval} |" for row in certain or figures]
    text = "\n\n".join(lines)
    table = "\n".join(rows)
    opened = f"`emr-ml report {short(facts.metrics.version)}` opens the whole report."
    whole = f"{text}\n\n{table}\n\n{opened}"
    return whole if len(whole) <= SHOWN_CHARACTERS else f"{text}\n\n{opened}"[:SHOWN_CHARACTERS]


def _wrapped(text: str) -> str:
    """Return a text as Markdown, in lines that are short.

    Dagster makes the column as wide as the address of the page, and shows only a part of it.
    """
    return "\\\n".join(line.translate(SPECIAL) for line in wrap(text, LINE_CHARACTERS))
