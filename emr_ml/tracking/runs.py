"""The runs of an experiment: one for each model, found by the tag of its version."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emr_ml.tracking.content import LAKE, STATE, VERSION, RunContent
from emr_ml.tracking.lake_state import DATASET, TrackedModel
from emr_ml.tracking.server import Server, TrackingError

if TYPE_CHECKING:
    from mlflow.entities import Experiment, Run

PAGE = 500
FORMAT = "1"  # of runs: another one makes every run be written again
NOTE = "mlflow.note.content"
SOURCE = {"mlflow.source.name": "emr_ml", "mlflow.source.type": "LOCAL"}


@dataclass(frozen=True)
class KnownRun:
    """A run on the server.

    Args:
        run: as it was found.
        state: stamps of the objects in the lake that it contains; empty if it is incomplete.
    """

    run: "Run"
    state: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.run.info.run_id

    @property
    def deleted(self) -> bool:
        """Whether somebody has deleted it, so that it is left alone."""
        return self.run.info.lifecycle_stage == "deleted"


def find_experiment(server: Server, name: str, lake: str) -> "Experiment | None":
    """Return the experiment, or None if there is none yet.

    Raises:
        TrackingError: it is deleted, or belongs to another lake.
    """
    found = server.client.get_experiment_by_name(name)
    if found is None:
        return None
    if found.lifecycle_stage == "deleted":
        raise TrackingError(
            f"the experiment {name} of MLflow at {server.address} is deleted",
            fix="restore it there, or set EMR_ML_MLFLOW_NAME to another name",
        )
    check_owner(f"experiment {name}", found.tags.get(LAKE), lake, server)
    return found


def check_owner(what: str, owner: str | None, lake: str, server: Server) -> None:
    """Raise TrackingError if something on the server belongs to another lake."""
    if owner not in (None, lake):
        raise TrackingError(
            f"the {what} of MLflow at {server.address} belongs to the lake {owner}, "
            f"and this one is {lake}",
            fix="set EMR_ML_MLFLOW_NAME to a name of its own; if the lake has moved, change the "
            f"tag {LAKE} there",
        )


def create_experiment(server: Server, name: str, lake: str) -> str:
    """Create the experiment of a lake, and return its id."""
    return server.client.create_experiment(name, tags={LAKE: lake})


def find_runs(server: Server, experiment: str) -> dict[str, KnownRun]:
    """Return the run of each version of `lr_model`.

    If there are several, as after a process was suspended while it created one, all but one are
    deleted, the same ones by whoever finds them.
    """
    found: dict[str, list[KnownRun]] = {}
    for run in _search(server, experiment):
        known = KnownRun(run, _state_in(run.data.tags.get(STATE, "")))
        found.setdefault(run.data.tags[VERSION], []).append(known)
    kept: dict[str, KnownRun] = {}
    for version, runs in found.items():
        kept[version], *others = sorted(runs, key=lambda each: (each.deleted, each.id))
        for other in others:
            if not other.deleted:
                server.client.delete_run(other.id)
    return kept


def _state_in(tag: str) -> dict[str, str]:
    """Return the stamps in a tag; none if it is of another release, or anybody has changed it."""
    try:
        state = json.loads(tag)
        return state if state.pop("format") == FORMAT else {}
    except (ValueError, AttributeError, KeyError, TypeError):
        return {}


def _search(server: Server, experiment: str) -> Iterator["Run"]:
    from mlflow.entities import ViewType

    token: str | None = None
    while True:
        server.check_time()
        page = server.client.search_runs(
            [experiment], f"tags.`{VERSION}` != ''", ViewType.ALL, PAGE, page_token=token
        )
        yield from page
        token = page.token
        if not token:
            return


def create_run(server: Server, experiment: str, content: RunContent) -> "Run":
    """Create a run that can be found by its version from the first moment."""
    tags = {VERSION: content.tags[VERSION], NOTE: content.note, **SOURCE}
    return server.client.create_run(experiment, content.started, tags, content.name)


def write_run(
    server: Server,
    run: "Run",
    content: RunContent,
    tracked: TrackedModel,
    *,
    pages: Mapping[str, bytes],
    model_id: str | None,
) -> None:
    """Bring a run to what it should be.

    Its state is written last: a run without it is incomplete, and is written again.

    Args:
        server: that has the run.
        run: as it was found or created.
        content: what it should contain.
        tracked: the model, with its data set, which becomes the run's input.
        pages: contents of pages for people, by path below the run's artifacts.
        model_id: of its logged model, if there is one.
    """
    from mlflow.entities import Metric, Param, RunTag

    client, run_id = server.client, run.info.run_id
    # MLflow does not let a parameter change
    params = [Param(*each) for each in content.params.items() if each[0] not in run.data.params]
    metrics = [
        Metric(name, value, content.finished, 0, model_id)
        for name, value in content.metrics.items()
    ]
    tags = [RunTag(*each) for each in content.tags.items()]
    client.log_batch(run_id, metrics, params, tags)
    _log_dataset(server, run_id, tracked)
    server.check_time()
    with tempfile.TemporaryDirectory() as folder:
        for path, body in {**content.files, **pages}.items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
        client.log_artifacts(run_id, folder)
    client.set_terminated(run_id, "FINISHED", content.finished)
    client.set_tag(run_id, STATE, json.dumps({"format": FORMAT, **tracked.stamps}))


def _log_dataset(server: Server, run_id: str, tracked: TrackedModel) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    version = tracked.model.inputs.get(DATASET)
    if version is None:
        return
    rows = {"num_rows": tracked.dataset.rows.get("kept")} if tracked.dataset else {}
    source = {"uri": tracked.dataset.path if tracked.dataset else ""}
    dataset = Dataset(DATASET, version, "emr_ml", json.dumps(source), profile=json.dumps(rows))
    context = InputTag("mlflow.data.context", "training")
    server.client.log_inputs(run_id, [DatasetInput(dataset, [context])])
