"""The metadata that Dagster's UI shows of a report: what matters first, plumbing last."""

import base64
from collections.abc import Mapping
from typing import Any, cast

import dagster as dg

from emr_ml.launchers.base import Outcome
from emr_ml.model_report.glance import SHOWN_CHARACTERS, glance
from emr_ml.model_report.wording import FIGURES, VALIDATION_FIGURES
from emr_ml.ui.links import linked
from emr_ml.wording import rounded
from spark_jobs.cleaning.figures import TableFigures
from spark_jobs.evaluation.figures import MetricsFigures
from spark_jobs.learning.figures import ImportanceFigures
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, attempt_key

ORDER = {name: position for position, name in enumerate(FIGURES)}
NOT_SHOWN = (
    "problem",
    "finite",
    "weighed_features",
    "table_rows",
)  # told by other figures, or by a check
PICTURE = "curves_and_confusion"


def materialization_metadata(outcome: Outcome, lake: Lake) -> dict[str, Any]:
    """Return metadata of a materialization; numbers stay numbers, so that Dagster plots them.

    Args:
        outcome: of the materialization.
        lake: has the pictures of its report, or gets them.
    """
    report = outcome.report
    return {
        **_pictures(report, lake),
        **single_values(report),
        **{f"rows_{name}": count for name, count in report.rows.items()},
        **_table_schema(report),
        **_strongest_features(report),
        **{name: rounded(value) for name, value in linked(outcome.metadata).items()},
        **_usage(report),
        **_data_files(report),
        **{f"seconds_{phase}": rounded(seconds) for phase, seconds in report.seconds.items()},
        "reused": outcome.reused,
        "attempt": report.attempt,
        "version": report.version,
        "lake_path": dg.MetadataValue.path(report.path),
    }


def _table_schema(report: Report) -> dict[str, Any]:
    if "schema" not in report.figures:
        return {}
    figures = cast("TableFigures", report.figures)
    columns = [dg.TableColumn(name, kind) for name, kind in figures["schema"].items()]
    return {
        "dagster/column_schema": dg.TableSchema(columns=columns),
        "dagster/row_count": figures["table_rows"],
    }


def single_values(report: Report, *, exact: bool = False) -> dict[str, Any]:
    """Return the figures that are one value; others are drawn, or only in the report.

    Args:
        report: has the figures.
        exact: whether numbers keep all their digits.
    """
    is_model = "candidates" in report.figures
    # a report has its figures in the order of their names
    ordered = sorted(report.figures, key=lambda name: ORDER.get(name, len(ORDER)))
    return {
        f"validation_{name}" if is_model and name in VALIDATION_FIGURES else name: (
            value if exact else rounded(value)
        )
        for name in ordered
        for value in (report.figures[name],)
        if isinstance(value, str | bool | int | float) and name not in NOT_SHOWN
    }


def _strongest_features(report: Report) -> dict[str, Any]:
    """Return the strongest features as a table, which shows names of any text as they are."""
    strongest = cast("ImportanceFigures", report.figures).get("strongest")
    if not strongest:
        return {}
    rows = [{name: rounded(value) for name, value in row.items()} for row in strongest]
    records = [dg.TableRecord(cast("Mapping[str, str | float]", row)) for row in rows]
    return {"strongest_features": dg.MetadataValue.table(records)}


def _usage(report: Report) -> dict[str, Any]:
    usage = {name: rounded(value) for name, value in report.usage.items()}
    if "peak_memory" in usage:
        usage["peak_memory_megabytes"] = _megabytes(usage.pop("peak_memory"))
    return usage


def _data_files(report: Report) -> dict[str, Any]:
    if report.parts:
        own_key = attempt_key(report.asset, report.version, report.attempt)
        lake = report.path.removesuffix(own_key)
        newest = dg.MetadataValue.path(f"{lake}{report.parts[-1]['key']}")
        return {"parts": len(report.parts), "newest_part": newest}
    size = sum(file["size"] for file in report.files)
    return {"files": len(report.files), "megabytes": _megabytes(size)}


def _megabytes(size: float) -> float:
    return rounded(size / 1e6)


def _pictures(report: Report, lake: Lake) -> dict[str, Any]:
    if "confusion" not in report.figures and "curves" not in report.figures:
        return {}
    from emr_ml.model_report.stored import store_charts

    png = base64.b64encode(store_charts(lake, report)).decode()
    small = glance(cast("MetricsFigures", report.figures), SHOWN_CHARACTERS)
    return {
        **({"curves": dg.MetadataValue.md(small)} if small else {}),
        PICTURE: dg.MetadataValue.md(f"![{PICTURE}](data:image/png;base64,{png})"),
    }
