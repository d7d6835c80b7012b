"""Checks of a snapshot: files that have what the contract names, and are not few of a sudden."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from emr_ml.checks.evidence import Evidence, listed, warning
from emr_ml.contract import Contract
from emr_ml.lake.current import read_current
from spark_jobs.runtime.report import Report, read_report

DELIMITERS = (";", "\t", "|", ",", ":")
HEADER_FITS = "header_fits"
SHRUNK = "shrunk"


def snapshot_checks(asset: str) -> list[dg.AssetCheckSpec]:
    """What `judge_snapshot` evaluates."""
    return [
        dg.AssetCheckSpec(
            HEADER_FITS,
            asset=asset,
            blocking=True,
            description="Every file has a header with the columns of the contract, each once.",
        ),
        dg.AssetCheckSpec(
            SHRUNK,
            asset=asset,
            description="The files have not lost more bytes than `max_shrink_share` allows.",
        ),
    ]


def judge_snapshot(evidence: Evidence) -> list[dg.AssetCheckResult]:
    """Whether each file of the snapshot has what the contract names, and enough is left."""
    files, contract = evidence.report.files, evidence.contract
    problems = [problem for file in files for problem in _header_problems(file, contract)]
    more = f", and {len(problems) - 5} more" if len(problems) > 5 else ""
    return [
        dg.AssetCheckResult(
            passed=not problems,
            check_name=HEADER_FITS,
            description="; ".join(problems[:5]) + more if problems else None,
            metadata={"files": len(files), "problems": problems[:100]},
        ),
        _shrunk(evidence),
    ]


def _shrunk(evidence: Evidence) -> dg.AssetCheckResult:
    """Against the version that is current while this one is judged."""
    report, lake = evidence.report, evidence.lake
    standing = read_current(lake, report.asset)
    committed = read_report(lake, report.asset, standing.version) if standing else None
    if committed is None:
        return warning(SHRUNK, None, {"bytes": _bytes(report)})
    now, before = _bytes(report), _bytes(committed.report)
    lost = max(0.0, 1 - now / before) if before else 0.0
    most = evidence.contract.checks.max_shrink_share
    trouble = (
        f"the source has {now:,} bytes in {len(report.files)} files, {lost:.1%} less than the "
        f"{before:,} in {len(committed.report.files)} of the version before; {most:.1%} may be "
        "gone: see whether files are missing"
    )
    return warning(
        SHRUNK,
        trouble if lost > most else None,
        {"bytes": now, "bytes_before": before, "max_shrink_share": most},
    )


def _bytes(report: Report) -> int:
    return sum(file["size"] for file in report.files)


def _header_problems(file: Mapping[str, Any], contract: Contract) -> list[str]:
    name, header = file["name"], list(file["columns"])
    if not header:
        return [f"{name} is empty" if not file["size"] else f"{name} has no header within 64 KB"]
    problems: list[str] = []
    missing = [column for column in contract.names if column not in header]
    twice = [column for column in contract.names if header.count(column) > 1]
    if missing:
        unknown = [column for column in header if column not in contract.names]
        problems.append(
            f"{name} lacks {listed(missing)}; it has {listed(unknown) or 'no other column'} "
            f"that the contract does not name{_advice(missing, unknown, header)}"
        )
    if twice:
        problems.append(f"{name} has {listed(twice)} more than once")
    return problems


def _advice(missing: Sequence[str], unknown: Sequence[str], header: Sequence[str]) -> str:
    """What was probably meant, as far as the names tell."""
    if len(header) == 1 and (found := [mark for mark in DELIMITERS if mark in header[0]]):
        return f". The delimiter is probably {found[0]!r}: set `delimiter` under `dialect`"
    if any(_is_number(name) for name in header):
        return ". The first record looks like data: name the columns in `header` under `dialect`"
    folded = {_folded(name): name for name in unknown}
    meant: dict[str, str] = {}
    for name in missing:
        close = difflib.get_close_matches(_folded(name), folded, n=1, cutoff=0.7)
        if close:
            meant[name] = folded[close[0]]
    if meant:
        pairs = ", ".join(f"'{there}' for '{name}'" for name, there in list(meant.items())[:8])
        return f". It probably has {pairs}: correct the name on one side"
    return ""


def _folded(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
