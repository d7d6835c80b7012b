"""What the definitions of a project declare: its training pipelines and the modules of its jobs."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from emr_ml.assets.catalogue import (
    CONTRACT,
    DEPLOYMENT,
    MODULE,
    SOURCE,
    THRESHOLDS,
    assets_of,
    metadata_of,
)
from emr_ml.pipeline import Pipeline
from emr_ml.settings import Deployment, Settings

SNAPSHOT = "raw_csv_s3"


def declared_pipelines(definitions: dg.Definitions, settings: Settings) -> dict[str, Pipeline]:
    """Return contract, source and thresholds of each training pipeline, by its key prefix.

    The prefix is joined by slashes, and "" if there is none.
    """
    found: dict[str, Pipeline] = {}
    for key, metadata in metadata_of(assets_of(definitions)):
        *prefix, name = key.path
        if name == SNAPSHOT and CONTRACT in metadata:
            found["/".join(prefix)] = Pipeline.of_settings(
                settings,
                prefix=tuple(prefix),
                contract=metadata[CONTRACT],
                source=metadata[SOURCE],
                **metadata[THRESHOLDS],
            )
    return found


def declared_contracts(definitions: dg.Definitions) -> list[str]:
    """Return the address of each contract once."""
    found = (metadata.get(CONTRACT) for _, metadata in metadata_of(assets_of(definitions)))
    return list(dict.fromkeys(filter(None, found)))


def declared_jobs(
    definitions: dg.Definitions, settings: Settings, deployment: Deployment | None = None
) -> dict[str, str]:
    """Return the module of each Spark job, by the path of its asset, such as `churn/lr_model`.

    Args:
        definitions: of the project.
        settings: of the environment.
        deployment: only the jobs that run there; by default where the settings say.
    """
    return {
        "/".join(key.path): metadata[MODULE]
        for key, metadata in metadata_of(assets_of(definitions))
        if MODULE in metadata
        and _deployment(metadata, settings) is (deployment or settings.deployment)
    }


def declared_deployments(definitions: dg.Definitions, settings: Settings) -> tuple[Deployment, ...]:
    """Return where jobs run: where the settings say, and then where single pipelines say."""
    found = (
        _deployment(metadata, settings)
        for _, metadata in metadata_of(assets_of(definitions))
        if MODULE in metadata
    )
    return tuple(dict.fromkeys((settings.deployment, *found)))


def _deployment(metadata: Mapping[str, Any], settings: Settings) -> Deployment:
    own = metadata.get(DEPLOYMENT)
    return settings.on(Deployment(own) if own else None).deployment
