"""The checks of a data set: its ids, empty columns and copies, and those of the other modules."""

from emr_ml.checks.check import COLUMNS_IN_METADATA, CheckContext, Evaluation, blocking_check, check
from emr_ml.checks.drift import DRIFT_CHECKS
from emr_ml.checks.label import LABEL_CHECKS
from emr_ml.checks.rows import ROW_CHECKS
from emr_ml.wording import join_first, quote_names


@blocking_check
def unique_id(context: CheckContext) -> Evaluation:
    """No two rows have the same id, if the contract requires it."""
    contract = context.contract
    duplicates = context.dataset_figures.get("duplicates")
    repeated = (duplicates["ids"] or 0) if duplicates else 0
    problem = (
        f"{repeated} rows have the id ({quote_names(contract.id)}) of an earlier row: remove them "
        "from the source, or set `unique_id: false` under `checks`"
    )
    return Evaluation(
        problem if repeated and contract.checks.unique_id else None,
        {"asked_for": contract.checks.unique_id, **(duplicates or {})},
    )


@check
def null_share(context: CheckContext) -> Evaluation:
    """The share of missing values in each column is at most `max_null_share`."""
    rows, threshold = context.report.rows["kept"], context.contract.checks.max_null_share
    columns = context.dataset_figures.get("columns", {})
    shares = {name: column["missing"] / rows for name, column in columns.items()} if rows else {}
    descending = sorted(shares.items(), key=lambda item: -item[1])
    empty = [
        f"{quote_names([name])} {share:.1%}" for name, share in descending if share > threshold
    ]
    problem = (
        f"columns are nearly empty; missing: {join_first(empty)}, at most {threshold:.1%} may "
        "be. Find out where the values were lost, remove the column from `columns`, or raise "
        "`max_null_share` under `checks`"
    )
    return Evaluation(
        problem if empty else None,
        {"max_null_share": threshold, "missing": dict(descending[:COLUMNS_IN_METADATA])},
    )


@check
def duplicates(context: CheckContext) -> Evaluation:
    """The share of rows that equal an earlier row is at most `max_duplicate_share`."""
    rows, threshold = context.report.rows["kept"], context.contract.checks.max_duplicate_share
    figures = context.dataset_figures.get("duplicates")
    repeated = figures["rows"] if figures else 0
    share = repeated / rows if rows else 0.0
    problem = (
        f"{repeated} of {rows} rows ({share:.1%}) equal an earlier row, at most {threshold:.1%} "
        "may: check whether a file is there twice, or raise `max_duplicate_share` under `checks`"
    )
    return Evaluation(
        problem if share > threshold else None,
        {"share": share, "max_duplicate_share": threshold, "rows": repeated},
    )


DATASET_CHECKS = (
    *ROW_CHECKS,
    *(unique_id, null_share, duplicates),
    *LABEL_CHECKS,
    *DRIFT_CHECKS,
)
