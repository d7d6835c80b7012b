"""Models on a real MLflow server, which load without the project."""

from pathlib import Path

import pytest

from emr_ml_tests.tracking.models import choose, train
from emr_ml_tests.tracking.shown import Shown

# MLflow warns of itself, when it loads a model
pytestmark = pytest.mark.filterwarnings("ignore::Warning:mlflow")


def test_a_model_that_is_computed_again_replaces_the_logged_one(shown: Shown) -> None:
    train(shown.lake, 1)
    choose(shown.lake, 1)
    shown.sync()

    train(shown.lake, 1, attempt=2)
    shown.sync()

    assert shown.run().data.tags["emr_ml.attempt"] == "2"
    assert len(shown.models()) == 2
    latest = max(shown.models(), key=lambda each: each.creation_timestamp)
    alias = shown.server.client.get_model_version_by_alias(shown.name, "champion")
    assert alias.tags["emr_ml.model_id"] == latest.model_id


def test_the_model_loads_with_its_signature_and_scores_its_example(shown: Shown) -> None:
    import mlflow
    import pandas as pd

    train(shown.lake, 1)
    choose(shown.lake, 1)
    shown.sync()

    loaded = mlflow.pyfunc.load_model(f"models:/{shown.name}@champion")
    predicted = loaded.predict(loaded.input_example)
    others = loaded.predict(pd.DataFrame({"height": [1.9], "colour": [None], "remark": ["tall"]}))

    assert pd.DataFrame(loaded.input_example).to_dict("records") == [
        {"height": 1.75, "colour": "blue", "remark": None}
    ]
    assert predicted.to_dict("records")[0]["prediction"] == "no"
    assert others["prediction"].tolist() == ["yes"]
    assert loaded.metadata.signature.inputs.to_dict() == [
        {"type": "double", "name": "height", "required": True},
        {"type": "string", "name": "colour", "required": False},
        {"type": "string", "name": "remark", "required": False},
    ]
    with pytest.raises(mlflow.MlflowException, match="height"):
        loaded.predict(pd.DataFrame({"colour": ["red"]}))


def test_no_file_of_the_model_is_a_pickle(shown: Shown, tmp_path: Path) -> None:
    from mlflow.artifacts import download_artifacts

    train(shown.lake, 1)
    shown.sync()
    (model,) = shown.models()

    folder = Path(download_artifacts(f"models:/{model.model_id}", dst_path=str(tmp_path / "m")))

    endings = {each.suffix for each in folder.rglob("*") if each.is_file()}
    assert endings <= {"", ".json", ".py", ".txt", ".yaml"}
