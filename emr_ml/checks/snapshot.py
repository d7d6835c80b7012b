"""Checks of a snapshot: its files have the contract's columns, and have not shrunk suddenly."""

from emr_ml.checks.check import CheckContext, Evaluation, blocking_check, check
from emr_ml.lake.current import read_current
from emr_ml.sources.header_fit import header_problems
from emr_ml.wording import join_first
from spark_jobs.runtime.report import Report, read_report

PROBLEMS_SHOWN = 5
PROBLEMS_IN_METADATA = 100


@blocking_check
def header_fits(context: CheckContext) -> Evaluation:
    """Every file has a header with the columns of the contract, each once."""
    files = context.report.files
    problems = [
        each
        for file in files
        for each in header_problems(file["name"], file["size"], file["columns"], context.contract)
    ]
    return Evaluation(
        join_first(problems, PROBLEMS_SHOWN, "; ") or None,
        {"files": len(files), "problems": problems[:PROBLEMS_IN_METADATA]},
    )


@check
def shrunk(context: CheckContext) -> Evaluation:
    """The files have lost at most `max_shrink_share` of the current version's bytes."""
    report, lake = context.report, context.lake
    current = read_current(lake, report.asset)
    previous = read_report(lake, report.asset, current.version) if current else None
    size = _total_size(report)
    if previous is None:
        return Evaluation(metadata={"bytes": size})
    before = _total_size(previous)
    lost = max(0.0, 1 - size / before) if before else 0.0
    threshold = context.contract.checks.max_shrink_share
    problem = (
        f"the source has {size:,} bytes in {len(report.files)} files, {lost:.1%} less than the "
        f"{before:,} in {len(previous.files)} of the previous version; at most "
        f"{threshold:.1%} may be lost: check whether files are missing"
    )
    return Evaluation(
        problem if lost > threshold else None,
        {"bytes": size, "bytes_before": before, "max_shrink_share": threshold},
    )


@check
def bad_files(context: CheckContext) -> Evaluation:
    """No file was skipped; with `on_bad_file: skip`, those that can't be used are."""
    skipped = context.report.figures.get("skipped", {})
    shown = join_first(list(skipped.values()), PROBLEMS_SHOWN, "; ")
    problem = f"{len(skipped)} skipped: {shown}; they are read once they are fixed"
    return Evaluation(problem if skipped else None, {"skipped": sorted(skipped)})


SNAPSHOT_CHECKS = (header_fits, bad_files, shrunk)


def _total_size(report: Report) -> int:
    return sum(file["size"] for file in report.files)
