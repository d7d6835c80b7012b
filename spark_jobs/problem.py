"""What is to be learned of a label."""

from collections.abc import Mapping
from typing import Any

BINARY, MULTICLASS, REGRESSION = "binary", "multiclass", "regression"


def problem_of(label: Mapping[str, Any]) -> str:
    """What is to be learned of that label: `binary`, `multiclass` or `regression`."""
    if label["kind"] == "numeric":
        return REGRESSION
    return BINARY if label["positive"] is not None else MULTICLASS
