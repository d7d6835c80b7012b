"""Checks of a snapshot: its files have the contract's columns, and have not shrunk suddenly."""

from collections.abc import Mapping, Sequence
from typing import Any

from emr_ml.checks.check import CheckContext, Evaluation, blocking_check, check
from emr_ml.contract import Contract
from emr_ml.lake.current import read_current
from emr_ml.ui.wording import closest, join_first, quote_names
from spark_jobs.runtime.report import Report, read_report

DELIMITERS = (";", "\t", "|", ",", ":")
PROBLEMS_SHOWN = 5
SUGGESTIONS_SHOWN = 8
PROBLEMS_IN_METADATA = 100


@blocking_check
def header_fits(context: CheckContext) -> Evaluation:
    """Every file has a header with the columns of the contract, each once."""
    files = context.report.files
    problems = [each for file in files for each in _header_problems(file, context.contract)]
    return Evaluation(
        join_first(problems, PROBLEMS_SHOWN, "; ") or None,
        {"files": len(files), "problems": problems[:PROBLEMS_IN_METADATA]},
    )


@check
def shrunk(context: CheckContext) -> Evaluation:
    """The files have lost at most `max_shrink_share` of the current version's bytes."""
    report, lake = context.report, context.lake
    current = read_current(lake, report.asset)
    committed = read_report(lake, report.asset, current.version) if current else None
    size = _total_size(report)
    if committed is None:
        return Evaluation(metadata={"bytes": size})
    before = _total_size(committed.report)
    lost = max(0.0, 1 - size / before) if before else 0.0
    threshold = context.contract.checks.max_shrink_share
    problem = (
        f"the source has {size:,} bytes in {len(report.files)} files, {lost:.1%} less than the "
        f"{before:,} in {len(committed.report.files)} of the previous version; at most "
        f"{threshold:.1%} may be lost: check whether files are missing"
    )
    return Evaluation(
        problem if lost > threshold else None,
        {"bytes": size, "bytes_before": before, "max_shrink_share": threshold},
    )


SNAPSHOT_CHECKS = (header_fits, shrunk)


def _total_size(report: Report) -> int:
    return sum(file["size"] for file in report.files)


def _header_problems(file: Mapping[str, Any], contract: Contract) -> list[str]:
    name, header = file["name"], list(file["columns"])
    if not header:
        return [f"{name} has no header within 64 KB" if file["size"] else f"{name} is empty"]
    problems: list[str] = []
    missing = [column for column in contract.names if column not in header]
    repeated = [column for column in contract.names if header.count(column) > 1]
    if missing:
        unknown = [column for column in header if column not in contract.names]
        problems.append(
            f"{name} lacks {quote_names(missing)}; it has "
            f"{quote_names(unknown) or 'no other column'} that the contract does not name"
            f"{_suggestion(missing, unknown, header)}"
        )
    if repeated:
        problems.append(f"{name} has {quote_names(repeated)} more than once")
    return problems


def _suggestion(missing: Sequence[str], unknown: Sequence[str], header: Sequence[str]) -> str:
    """Return what is probably wrong, as far as the names in the header show it."""
    if len(header) == 1 and (delimiters := [mark for mark in DELIMITERS if mark in header[0]]):
        return f". The delimiter is probably {delimiters[0]!r}: set `delimiter` under `dialect`"
    if any(_is_number(name) for name in header):
        return ". The first record looks like data: name the columns in `header` under `dialect`"
    pairs = [
        f"'{similar}' for '{name}'"
        for name in missing
        if (similar := closest(name, unknown, cutoff=0.7))
    ]
    if pairs:
        shown = ", ".join(pairs[:SUGGESTIONS_SHOWN])
        return f". It probably has {shown}: correct the name on one side"
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
