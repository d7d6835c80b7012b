"""Exported models as MLflow's models: in a form that loads without a pickle."""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emr_ml.lake.versions import DIGITS, short
from emr_ml.tracking.content import PREFIX, VERSION
from emr_ml.tracking.lake_state import MODEL, TrackedModel
from emr_ml.tracking.server import Server, without_warnings

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel
    from mlflow.models import ModelSignature

PAGE = 100
EXPORT = f"{PREFIX}export"  # digest of the exported files
CODE = Path(__file__).with_name("scorer_model.py")
EXPORTED = "exported"  # as in that file
TYPES = {"numeric": "double"}  # in MLflow, by kind of column; the others are texts


def find_models(server: Server, experiment: str) -> dict[str, "LoggedModel"]:
    """Return the model of each version of `lr_model`: the latest, complete or not."""
    found: dict[str, LoggedModel] = {}
    for model in _search(server, experiment):
        found.setdefault(model.tags[VERSION], model)
    return found


def _search(server: Server, experiment: str) -> Iterator["LoggedModel"]:
    latest_first = [{"field_name": "creation_timestamp", "ascending": False}]
    token: str | None = None
    while True:
        server.check_time()
        page = server.client.search_logged_models(
            [experiment],
            f"tags.`{VERSION}` != ''",
            max_results=PAGE,
            order_by=latest_first,
            page_token=token,
        )
        yield from page
        token = page.token
        if not token:
            return


def is_complete(model: "LoggedModel") -> bool:
    """Return whether all files of the model have arrived."""
    from mlflow.entities import LoggedModelStatus

    return model.status == LoggedModelStatus.READY


def log_model(
    server: Server,
    run_id: str,
    tracked: TrackedModel,
    files: Mapping[str, bytes],
    known: "LoggedModel | None",
) -> "LoggedModel":
    """Log the exported model as an output of its run, unless the same one is there.

    Args:
        server: that has the run.
        run_id: of the run.
        tracked: the model.
        files: of the exported model by name, `model.json` and `scorer.py`.
        known: what the server has of that version.
    """
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus

    digest = _digest(files)
    if known and known.tags.get(EXPORT) != digest:
        known = None  # computed again by force, or exported by another release
    if known and is_complete(known):
        return known
    client = server.client
    run = client.get_run(run_id)
    model = known or client.create_logged_model(
        run.info.experiment_id,
        f"{MODEL}-{short(tracked.version)}",
        run_id,
        {VERSION: tracked.version, EXPORT: digest},
        model_type=str(tracked.model.params.get("estimator", "")),
    )
    with tempfile.TemporaryDirectory() as folder:
        path, exported = Path(folder, "model"), Path(folder, EXPORTED)
        exported.mkdir()
        for name, body in files.items():
            (exported / name).write_bytes(body)
        save_model(path, tracked, exported, model)
        server.check_time()
        client.log_model_artifacts(model.model_id, str(path))
    outputs = run.outputs.model_outputs if run.outputs else []
    if model.model_id not in {each.model_id for each in outputs}:
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 0)])
    return client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)


def save_model(path: Path, tracked: TrackedModel, exported: Path, model: "LoggedModel") -> None:
    """Write the exported model to a new folder in MLflow's form."""
    import mlflow
    import numpy as np
    import pandas as pd
    from mlflow.models import Model

    columns = json.loads((exported / "model.json").read_text("utf-8"))["columns"]
    packages = (mlflow, np, pd)
    with without_warnings():
        mlflow.pyfunc.save_model(  # pyright: ignore[reportPrivateImportUsage] - the name that MLflow documents
            str(path),
            python_model=str(CODE),
            artifacts={EXPORTED: str(exported)},
            signature=signature_of(columns, tracked.model.figures.get("problem", "")),
            input_example=pd.DataFrame([example_row(columns, tracked)]),
            pip_requirements=[f"{each.__name__}=={each.__version__}" for each in packages],
            mlflow_model=Model(
                artifact_path=model.artifact_location,
                run_id=model.source_run_id,
                model_uuid=model.model_id,
                model_id=model.model_id,
            ),
        )


def signature_of(columns: Iterable[Mapping[str, Any]], problem: str) -> "ModelSignature":
    """Return what the model reads of each row, and what it returns of it.

    Args:
        columns: of the exported model, each with name, kind and whether it is required.
        problem: binary, multiclass or regression.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    inputs = [
        ColSpec(TYPES.get(each["kind"], "string"), each["name"], required=each["required"])
        for each in columns
    ]
    number = "double" if problem == "regression" else "string"
    # a row that breaks the contract has a reason and no prediction
    outputs = [
        ColSpec(kind, name, required=False)
        for name, kind in (("prediction", number), ("probability", "double"), ("reason", "string"))
    ]
    return ModelSignature(Schema([*inputs]), Schema([*outputs]))


def example_row(columns: Iterable[Mapping[str, Any]], tracked: TrackedModel) -> dict[str, Any]:
    """Return a typical row: no real one, because these may be personal data.

    Numbers are medians, and categories the most frequent ones; other values are missing.
    """
    figures = tracked.dataset.figures if tracked.dataset else {}
    distributions: Mapping[str, Any] = figures.get("distributions") or {}
    return {each["name"]: _typical(distributions.get(each["name"], {})) for each in columns}


def _typical(distribution: Mapping[str, Any]) -> float | str | None:
    if quantiles := distribution.get("quantiles"):
        return float(quantiles[len(quantiles) // 2])
    if values := distribution.get("values"):
        return str(max(values, key=values.get))
    return None


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, body in sorted(files.items()):
        digest.update(f"{name}\0{len(body)}\0".encode() + body)
    return digest.hexdigest()[:DIGITS]
