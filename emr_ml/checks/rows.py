"""Checks of rows: each is accounted for, and few are rejected."""

from collections.abc import Mapping

import dagster as dg

from emr_ml.checks.evidence import Evidence

ROWS_CONSERVED = "rows_conserved"
FOLDERS_SHOWN = 3
REJECTED_SHARE = "rejected_share"


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
    ]


def judge_rows(evidence: Evidence) -> list[dg.AssetCheckResult]:
    """Whether every row is accounted for, and few enough were rejected."""
    rows = evidence.report.rows
    lost = rows["in"] - rows["kept"] - rows["rejected"]
    share = rows["rejected"] / rows["in"] if rows["in"] else 1.0
    most = evidence.contract.checks.max_rejected_share
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
            description=None if few else _too_many(evidence, share, most),
            metadata={"share": share, "max_rejected_share": most, "rejected": rows["rejected"]},
        ),
    ]


def _too_many(evidence: Evidence, share: float, most: float) -> str:
    report = evidence.report
    if not report.rows["in"]:
        return "there is no row below the header"
    rules: Mapping[str, int] = report.figures.get("rules", {})
    worst = sorted(rules.items(), key=lambda rule: -rule[1])[:3]
    broken = ", ".join(f"{rule} {count}" for rule, count in worst)
    return (
        f"{share:.1%} of {report.rows['in']} rows break the contract, {most:.1%} may"
        f"{f' (most often: {broken})' if broken else ''}: "
        f"see the reasons in {', '.join(evidence.rejected[:FOLDERS_SHOWN])}"
    )
