"""By which thresholds facts are judged."""

from typing import Annotated, Literal

from pydantic import Field

from emr_ml.contract.part import Part

Problem = Literal["binary", "multiclass", "regression"]
Figure = Literal[
    "accuracy",
    "f1",
    "precision",
    "recall",
    "auc_roc",
    "auc_pr",
    "log_loss",
    "brier",
    "calibration_error",
    "rmse",
    "mae",
    "r2",
]
# the figures that a label's models have
FIGURES: dict[Problem, tuple[Figure, ...]] = {
    "binary": (
        *("accuracy", "f1", "precision", "recall", "auc_roc", "auc_pr", "log_loss", "brier"),
        "calibration_error",
    ),
    "multiclass": ("accuracy", "f1", "precision", "recall", "log_loss"),
    "regression": ("rmse", "mae", "r2"),
}


class Checks(Part):
    """Thresholds. Changing one judges anew and recomputes nothing."""

    max_rejected_share: float = Field(0.05, ge=0, le=1)
    unique_id: bool = False
    max_shrink_share: float = Field(0.5, ge=0, le=1)
    max_null_share: float = Field(0.95, ge=0, le=1)
    max_duplicate_share: float = Field(0.5, ge=0, le=1)
    min_class_share: float = Field(0.01, ge=0, le=0.5)
    max_drift: float = Field(0.25, gt=0)
    max_feature_share: float = Field(0.95, ge=0, le=1)
    max_calibration_error: float = Field(0.1, ge=0, le=1)
    floors: dict[Figure, Annotated[float, Field(allow_inf_nan=False)]] = Field({})
