"""The metadata that Dagster's UI shows of a report."""

from collections.abc import Mapping
from typing import Any, cast

import dagster as dg

from emr_ml.launchers.base import Outcome
from spark_jobs.cleaning.figures import TableFigures
from spark_jobs.evaluation.figures import MetricsFigures
from spark_jobs.learning.figures import ImportanceFigures
from spark_jobs.runtime.report import Report, attempt_key

# lists and tables: they are plotted, shown as tables, or only in the report
NOT_SINGLE_VALUES = (
    *("curves", "confusion", "columns", "schema", "table_rows", "candidates", "classes"),
    "distributions",
    *("strongest", "share_of_strongest", "explains_most", "weighed_features"),
)


def materialization_metadata(outcome: Outcome) -> dict[str, Any]:
    """Return metadata of a materialization; numbers stay numbers, so that Dagster plots them."""
    report = outcome.report
    return {
        "version": report.version,
        "reused": outcome.reused,
        "attempt": report.attempt,
        "lake_path": dg.MetadataValue.path(report.path),
        **outcome.metadata,
        **{f"rows_{name}": count for name, count in report.rows.items()},
        **_table_schema(report),
        **_single_values(report.figures),
        **_strongest_features(report),
        **{f"seconds_{phase}": seconds for phase, seconds in report.seconds.items()},
        **report.usage,
        **_data_files(report),
        **_plots(report),
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


def _single_values(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in figures.items()
        if name not in NOT_SINGLE_VALUES and value is not None
    }


def _strongest_features(report: Report) -> dict[str, Any]:
    """Return the strongest features as a table, which shows names of any text as they are."""
    strongest = cast("ImportanceFigures", report.figures).get("strongest")
    if not strongest:
        return {}
    records = [dg.TableRecord(cast("Mapping[str, str | float]", row)) for row in strongest]
    return {"strongest_features": dg.MetadataValue.table(records)}


def _data_files(report: Report) -> dict[str, Any]:
    if report.parts:
        own_key = attempt_key(report.asset, report.version, report.attempt)
        lake = report.path.removesuffix(own_key)
        newest = dg.MetadataValue.path(f"{lake}{report.parts[-1]['key']}")
        return {"parts": len(report.parts), "newest_part": newest}
    return {"files": len(report.files), "bytes": sum(file["size"] for file in report.files)}


def _plots(report: Report) -> dict[str, Any]:
    if "confusion" not in report.figures and "curves" not in report.figures:
        return {}
    # matplotlib takes a second to import
    from emr_ml.ui.plots import draw

    return {
        name: dg.MetadataValue.md(f"![{name}](data:image/png;base64,{png})")
        for name, png in draw(cast("MetricsFigures", report.figures)).items()
    }
