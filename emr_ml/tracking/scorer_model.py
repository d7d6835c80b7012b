"""The model that MLflow loads: an exported model behind MLflow's interface.

MLflow keeps this file itself, not a pickled object, and runs it to load the model. So it imports
only what comes with the model, and not emr_ml.
"""

import importlib.util
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

EXPORTED = "exported"  # name of the folder's artifact


class ScorerModel(mlflow.pyfunc.PythonModel):  # pyright: ignore[reportPrivateImportUsage] - the name that MLflow documents
    """Scores the rows of a frame with the exported model."""

    def load_context(self, context: Any) -> None:
        folder = Path(context.artifacts[EXPORTED])
        # by path, since two models that are loaded may have different modules of this name
        spec = importlib.util.spec_from_file_location(f"scorer_{id(self)}", folder / "scorer.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self._scorer = module.Scorer.load(folder)

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:  # noqa: ARG002 # pyright: ignore[reportIncompatibleMethodOverride] - MLflow's names; its own has no result
        return self._scorer.predict(model_input)


mlflow.models.set_model(ScorerModel())  # pyright: ignore[reportPrivateImportUsage] - as above
