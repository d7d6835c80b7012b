"""Judgement: facts from a report against the contract's thresholds."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dagster as dg

from emr_ml.contract import Contract
from spark_jobs.runtime.report import Report

Judge = Callable[[Report, Contract], Sequence[dg.AssetCheckResult]]

DELIMITERS = (";", "\t", "|", ",", ":")
SHOWN = 60  # characters of a name
HEADER_FITS = "header_fits"
UNIQUE_ID = "unique_id"
ROWS_CONSERVED = "rows_conserved"
REJECTED_SHARE = "rejected_share"


def no_checks(_report: Report, _contract: Contract) -> list[dg.AssetCheckResult]:
    """For assets that have none."""
    return []


def snapshot_checks(asset: str) -> list[dg.AssetCheckSpec]:
    """What `judge_snapshot` evaluates."""
    return [
        dg.AssetCheckSpec(
            HEADER_FITS,
            asset=asset,
            blocking=True,
            description="Every file has a header with the columns of the contract, each once.",
        )
    ]


def row_checks(asset: str) -> list[dg.AssetCheckSpec]:
    """What `judge_rows` evaluates."""
    return [
        dg.AssetCheckSpec(
            ROWS_CONSERVED,
            asset=asset,
            blocking=True,
            description="Rows in are rows kept and rows rejected: none is lost.",
        ),
        dg.AssetCheckSpec(
            REJECTED_SHARE,
            asset=asset,
            blocking=True,
            description="No more rows break the contract than `max_rejected_share` allows.",
        ),
        dg.AssetCheckSpec(
            UNIQUE_ID,
            asset=asset,
            blocking=True,
            description="No two rows have one id, if the contract asks for it.",
        ),
    ]


def judge_snapshot(report: Report, contract: Contract) -> list[dg.AssetCheckResult]:
    """Whether each file of the snapshot has what the contract names."""
    problems = [problem for file in report.files for problem in _header_problems(file, contract)]
    more = f", and {len(problems) - 5} more" if len(problems) > 5 else ""
    return [
        dg.AssetCheckResult(
            passed=not problems,
            check_name=HEADER_FITS,
            description="; ".join(problems[:5]) + more if problems else None,
            metadata={"files": len(report.files), "problems": problems[:100]},
        )
    ]


def judge_rows(report: Report, contract: Contract) -> list[dg.AssetCheckResult]:
    """Whether every row is accounted for, and few enough were rejected."""
    rows = report.rows
    lost = rows["in"] - rows["kept"] - rows["rejected"]
    share = rows["rejected"] / rows["in"] if rows["in"] else 1.0
    most = contract.checks.max_rejected_share
    few = rows["in"] > 0 and share <= most
    return [
        dg.AssetCheckResult(
            passed=lost == 0,
            check_name=ROWS_CONSERVED,
            description=f"{lost} rows are neither kept nor rejected" if lost else None,
            metadata=dict(rows),
        ),
        dg.AssetCheckResult(
            passed=few,
            check_name=REJECTED_SHARE,
            description=None if few else _too_many(report, share, most),
            metadata={"share": share, "max_rejected_share": most, "rejected": rows["rejected"]},
        ),
        _unique_id(report, contract),
    ]


def _unique_id(report: Report, contract: Contract) -> dg.AssetCheckResult:
    duplicates = report.figures.get("duplicates", {})
    again: int = duplicates.get("ids") or 0
    unique = not again or not contract.checks.unique_id
    return dg.AssetCheckResult(
        passed=unique,
        check_name=UNIQUE_ID,
        description=None
        if unique
        else f"{again} rows have an id ({_listed(contract.id)}) that an earlier row has: remove "
        "them from the source, or set `unique_id: false` under `checks`",
        metadata={"asked_for": contract.checks.unique_id, **duplicates},
    )


def _too_many(report: Report, share: float, most: float) -> str:
    if not report.rows["in"]:
        return "there is no row below the header"
    rules: Mapping[str, int] = report.figures.get("rules", {})
    worst = sorted(rules.items(), key=lambda rule: -rule[1])[:3]
    broken = ", ".join(f"{rule} {count}" for rule, count in worst)
    return (
        f"{share:.1%} of {report.rows['in']} rows break the contract, {most:.1%} may"
        f"{f' (most often: {broken})' if broken else ''}: "
        f"see the reasons in {report.path}/rejected"
    )


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
            f"{name} lacks {_listed(missing)}; it has {_listed(unknown) or 'no other column'} "
            f"that the contract does not name{_advice(missing, unknown, header)}"
        )
    if twice:
        problems.append(f"{name} has {_listed(twice)} more than once")
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


def _short(name: str) -> str:
    return name if len(name) <= SHOWN else f"{name[:SHOWN]}…"


def _folded(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{_short(name)}'" for name in names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown
