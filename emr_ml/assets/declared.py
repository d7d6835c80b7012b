"""What the definitions of a project declare: its training pipelines and the modules of its jobs."""

import dagster as dg

from emr_ml.assets.catalogue import CONTRACT, MODULE, SOURCE, THRESHOLDS, assets_of, metadata_of
from emr_ml.pipeline import Pipeline
from emr_ml.settings import Settings

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


def declared_jobs(definitions: dg.Definitions) -> dict[str, str]:
    """Return the module of each Spark job, by the path of its asset, such as `churn/lr_model`."""
    return {
        "/".join(key.path): metadata[MODULE]
        for key, metadata in metadata_of(assets_of(definitions))
        if MODULE in metadata
    }
