"""Checks of rows that a job has read: none is lost, and few are rejected."""

from emr_ml.checks.check import CheckContext, Evaluation, blocking_check, rejected_folders

FOLDERS_SHOWN = 3
RULES_SHOWN = 3


@blocking_check
def rows_conserved(context: CheckContext) -> Evaluation:
    """Every row is either kept or rejected: none is lost."""
    rows = context.report.rows
    lost = rows["in"] - rows["kept"] - rows["rejected"]
    problem = f"{lost} rows are neither kept nor rejected" if lost else None
    return Evaluation(problem, dict(rows))


@blocking_check
def rejected_share(context: CheckContext) -> Evaluation:
    """The share of rows that break the contract is at most `max_rejected_share`."""
    rows, threshold = context.report.rows, context.contract.checks.max_rejected_share
    share = rows["rejected"] / rows["in"] if rows["in"] else 1.0
    problem = None
    if not rows["in"]:
        problem = "there is no row below the header"
    elif share > threshold:
        problem = (
            f"{share:.1%} of {rows['in']} rows break the contract, at most {threshold:.1%} may"
            f"{_most_broken_rules(context)}: see the reasons in "
            f"{', '.join(rejected_folders(context.report, context.lake)[:FOLDERS_SHOWN])}"
        )
    return Evaluation(
        problem, {"share": share, "max_rejected_share": threshold, "rejected": rows["rejected"]}
    )


def _most_broken_rules(context: CheckContext) -> str:
    rules = context.dataset_figures.get("rules", {})
    worst = sorted(rules.items(), key=lambda rule: -rule[1])[:RULES_SHOWN]
    shown = ", ".join(f"{rule} {count}" for rule, count in worst)
    return f" (most often: {shown})" if shown else ""


ROW_CHECKS = (rows_conserved, rejected_share)
