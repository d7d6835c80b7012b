"""What Dagster's UI shows of a report."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from emr_ml.launchers.base import Outcome
from spark_jobs.runtime.report import Report, attempt_key

# figures that are lists or tables: they stand in the report, or are drawn
NOT_PLOTTED = (
    *("curves", "confusion", "columns", "schema", "table_rows", "candidates", "classes"),
    "distributions",
    *("strongest", "share_of_strongest", "explains_most", "weighed_features"),
)


def materialization_metadata(outcome: Outcome) -> dict[str, Any]:
    """Metadata of a materialization; numbers stay numbers, so that Dagster plots them."""
    report = outcome.report
    return {
        "version": report.version,
        "reused": outcome.reused,
        "attempt": report.attempt,
        "lake_path": dg.MetadataValue.path(report.path),
        **outcome.metadata,
        **{f"rows_{name}": count for name, count in report.rows.items()},
        **_table(report),
        **_figures(report.figures),
        **_strongest(report.figures),
        **{f"seconds_{phase}": seconds for phase, seconds in report.seconds.items()},
        **report.usage,
        **_files(report),
        **_pictures(report),
    }


def _table(report: Report) -> dict[str, Any]:
    schema: Mapping[str, str] | None = report.figures.get("schema")
    if schema is None:
        return {}
    columns = [dg.TableColumn(name, kind) for name, kind in schema.items()]
    return {
        "dagster/column_schema": dg.TableSchema(columns=columns),
        "dagster/row_count": report.figures["table_rows"],
    }


def _figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in figures.items()
        if name not in NOT_PLOTTED and value is not None
    }


def _strongest(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The strongest features as a table, which takes names of any text as they are."""
    found: Sequence[Mapping[str, Any]] = figures.get("strongest", ())
    if not found:
        return {}
    return {"strongest_features": dg.MetadataValue.table([dg.TableRecord(row) for row in found])}


def _files(report: Report) -> dict[str, Any]:
    if report.parts:
        own = attempt_key(report.asset, report.version, report.attempt)
        lake = report.path.removesuffix(own)
        newest = dg.MetadataValue.path(f"{lake}{report.parts[-1]['key']}")
        return {"parts": len(report.parts), "newest_part": newest}
    return {"files": len(report.files), "bytes": sum(file["size"] for file in report.files)}


def _pictures(report: Report) -> dict[str, Any]:
    if "confusion" not in report.figures and "curves" not in report.figures:
        return {}
    from emr_ml.ui.plots import draw

    return {
        name: dg.MetadataValue.md(f"![{name}](data:image/png;base64,{picture})")
        for name, picture in draw(report.figures).items()
    }
