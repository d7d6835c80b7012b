"""Train models with Spark jobs, on this machine or on EMR, as assets of Dagster."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emr_ml.components.loading import load_defs
    from emr_ml.components.spark_job import SparkJob
    from emr_ml.components.training_pipeline import TrainingPipeline

__all__ = ["SparkJob", "TrainingPipeline", "load_defs"]

# imported at their first use: they need Dagster, and the command line mostly does not
_MODULES = {
    "SparkJob": "emr_ml.components.spark_job",
    "TrainingPipeline": "emr_ml.components.training_pipeline",
    "load_defs": "emr_ml.components.loading",
}


def __getattr__(name: str) -> Any:
    if module := _MODULES.get(name):
        return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *_MODULES]
