"""Figures of a model, from scored rows alone. All are sums: no row is ever collected."""

from typing import Any

NAMES = (
    *("accuracy", "f1", "precision", "recall", "auc_roc", "auc_pr", "log_loss", "brier"),
    *("calibration_error", "rmse", "mae", "r2", "test_rows"),
)


def named(problem: str, **found: Any) -> dict[str, Any]:
    """All of `NAMES`, null where they do not apply, with what was found."""
    return {"problem": problem, **dict.fromkeys(NAMES), **found}


def ratio(part: float, whole: float) -> float:
    """0 where nothing was predicted or nothing was there, as scikit-learn has it."""
    return part / whole if whole else 0.0
