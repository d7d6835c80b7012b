"""The registered model of a pipeline: its champions as versions, and the alias of today's."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from emr_ml.lake.champion import Champion, ChampionRecord
from emr_ml.tracking.content import LAKE, PREFIX, VERSION
from emr_ml.tracking.models import is_complete
from emr_ml.tracking.runs import check_owner
from emr_ml.tracking.server import Server

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel
    from mlflow.entities.model_registry import RegisteredModel

ALIAS = "champion"
MODEL_ID = f"{PREFIX}model_id"
CREATION_SECONDS = 10


def update_registry(
    server: Server,
    name: str,
    lake: str,
    record: ChampionRecord,
    models: Mapping[str, "LoggedModel"],
) -> tuple[list[str], str]:
    """Register every champion that the server has a model of, and have the alias follow.

    Args:
        server: that has the models.
        name: of the registered model.
        lake: root of the lake that it belongs to.
        record: the champions, and the history.
        models: the logged model of each version of `lr_model`.

    Returns:
        What was written, and why the champion has no alias, or "".

    Raises:
        TrackingError: the registered model belongs to another lake.
    """
    if record.champion is None:
        return [], ""
    written: list[str] = []
    registered = find_registered(server, name)
    if registered is None:
        description = "The champions of a pipeline of emr_ml; the lake decides which one it is."
        registered = server.client.create_registered_model(name, {LAKE: lake}, description)
    check_owner(f"registered model {name}", registered.tags.get(LAKE), lake, server)
    numbers = _registered_numbers(server, name)
    for entry in champions_in_order(record):
        model = models.get(entry.version)
        if model and is_complete(model) and model.model_id not in numbers:
            numbers[model.model_id] = _register(server, name, entry, model)
            written.append(f"version {numbers[model.model_id]}")
    champion = models.get(record.champion.version)
    number = numbers.get(champion.model_id) if champion else None
    if number != registered.aliases.get(ALIAS):
        if number is None:
            # no alias is better than one that names another model
            server.client.delete_registered_model_alias(name, ALIAS)
        else:
            server.client.set_registered_model_alias(name, ALIAS, number)
        written.append(f"alias {ALIAS}")
    if number is None:
        return written, f"the champion {record.champion.version} has no model there, so no alias"
    return written, ""


def champions_in_order(record: ChampionRecord) -> list[Champion]:
    """Return the first entry of each version that ever was champion, as far as is recorded."""
    first: dict[str, Champion] = {}
    for entry in (*record.history, *record.line):
        first.setdefault(entry.version, entry)
    return list(first.values())


def find_registered(server: Server, name: str) -> "RegisteredModel | None":
    """Return the registered model, or None if there is none yet."""
    from mlflow.exceptions import MlflowException

    try:
        return server.client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None


def _registered_numbers(server: Server, name: str) -> dict[str, str]:
    """Return the number of the version that was made of each logged model."""
    numbers: dict[str, str] = {}
    token: str | None = None
    while True:
        server.check_time()
        page = server.client.search_model_versions(f"name='{name}'", page_token=token)
        for each in page:
            if model_id := each.tags.get(MODEL_ID):
                numbers[model_id] = str(each.version)
        token = page.token
        if not token:
            return numbers


def _register(server: Server, name: str, entry: Champion, model: "LoggedModel") -> str:
    """Register the model of a champion, and return the number of its version."""
    created = server.client.create_model_version(
        name,
        f"models:/{model.model_id}",
        model.source_run_id,
        {VERSION: entry.version, MODEL_ID: model.model_id, f"{PREFIX}how": entry.how},
        description=entry.why,
        await_creation_for=CREATION_SECONDS,
        model_id=model.model_id,
    )
    return str(created.version)
