"""Checks of a data set's rows: ids of their own, columns with values, few copies."""

import dagster as dg

from emr_ml.checks.evidence import Evidence, listed, warning

UNIQUE_ID, NULL_SHARE, DUPLICATES = "unique_id", "null_share", "duplicates"


def data_checks(asset: str) -> list[dg.AssetCheckSpec]:
    """What `judge_data` evaluates."""
    return [
        dg.AssetCheckSpec(
            UNIQUE_ID,
            asset=asset,
            blocking=True,
            description="No two rows have one id, if the contract asks for it.",
        ),
        dg.AssetCheckSpec(
            NULL_SHARE,
            asset=asset,
            description="No column lacks more of its values than `max_null_share` allows.",
        ),
        dg.AssetCheckSpec(
            DUPLICATES,
            asset=asset,
            description="No more rows equal an earlier one than `max_duplicate_share` allows.",
        ),
    ]


def judge_data(evidence: Evidence) -> list[dg.AssetCheckResult]:
    """Whether ids are their own, columns have values, and rows are not there many times."""
    return [_unique_id(evidence), _null_share(evidence), _duplicates(evidence)]


def _unique_id(evidence: Evidence) -> dg.AssetCheckResult:
    contract = evidence.contract
    duplicates = evidence.report.figures.get("duplicates", {})
    again: int = duplicates.get("ids") or 0
    unique = not again or not contract.checks.unique_id
    return dg.AssetCheckResult(
        passed=unique,
        check_name=UNIQUE_ID,
        description=None
        if unique
        else f"{again} rows have an id ({listed(contract.id)}) that an earlier row has: remove "
        "them from the source, or set `unique_id: false` under `checks`",
        metadata={"asked_for": contract.checks.unique_id, **duplicates},
    )


def _null_share(evidence: Evidence) -> dg.AssetCheckResult:
    rows, most = evidence.report.rows["kept"], evidence.contract.checks.max_null_share
    columns = evidence.report.figures.get("columns", {})
    shares = {name: column["missing"] / rows for name, column in columns.items()} if rows else {}
    empty = [name for name, share in shares.items() if share > most]
    empty.sort(key=lambda name: -shares[name])
    worst = ", ".join(f"{listed([name])} {shares[name]:.1%}" for name in empty[:8])
    more = f" and {len(empty) - 8} more" if len(empty) > 8 else ""
    trouble = (
        f"columns have next to no value: missing are {worst}{more}; {most:.1%} may be. See where "
        "they got lost, take the column out of `columns`, or raise `max_null_share` under `checks`"
    )
    highest = sorted(shares.items(), key=lambda each: -each[1])[:100]
    return warning(
        NULL_SHARE,
        trouble if empty else None,
        {"max_null_share": most, "missing": dict(highest)},
    )


def _duplicates(evidence: Evidence) -> dg.AssetCheckResult:
    rows, most = evidence.report.rows["kept"], evidence.contract.checks.max_duplicate_share
    again: int = evidence.report.figures.get("duplicates", {}).get("rows") or 0
    share = again / rows if rows else 0.0
    trouble = (
        f"{again} of {rows} rows ({share:.1%}) equal an earlier row, {most:.1%} may: see whether "
        "a file is there twice, or raise `max_duplicate_share` under `checks`"
    )
    return warning(
        DUPLICATES,
        trouble if share > most else None,
        {"share": share, "max_duplicate_share": most, "rows": again},
    )
