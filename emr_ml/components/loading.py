"""`load_defs`: the definitions of a folder of components, and what all of them share."""

import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg
from dagster.components.core.load_defs import PLUGIN_COMPONENT_TYPES_JSON_METADATA_KEY

from emr_ml.assets.catalogue import SOURCE, assets_of, metadata_of
from emr_ml.assets.declared import declared_deployments, declared_pipelines
from emr_ml.executor import executor_for
from emr_ml.garbage import collect_less
from emr_ml.jobs import everything_job
from emr_ml.launchers import launcher_resource
from emr_ml.mistakes import mistakes_first
from emr_ml.retention.job import make_clean_lake_job, stored_assets
from emr_ml.schedules import cleaning_schedule
from emr_ml.sensors import shared_sensors
from emr_ml.settings import Settings, load_settings
from emr_ml.ui.console import console


def load_defs(defs_module: ModuleType) -> dg.Definitions:
    """Load the components in a folder, and add resources, executor and jobs that they share.

    Call it at the level of a module, as in `defs = load_defs(shop.defs)`: Dagster calls functions
    again in each process of a step.

    Args:
        defs_module: the package of the folder.

    Raises:
        UserError: a component can't be used; names file and line.
        SettingsError: a variable can't be used.
    """
    collect_less()
    # Dagster's own `load_from_defs_folder` starts at the root of the tree, which imports every
    # package with components and makes their schemas, for a page of the UI. That takes a second.
    folder = Path(next(iter(defs_module.__path__)))
    tree = dg.ComponentTree.from_module(defs_module=defs_module, project_root=folder.parent.parent)
    metadata = {PLUGIN_COMPONENT_TYPES_JSON_METADATA_KEY: _own_component_types()}
    with warnings.catch_warnings(), mistakes_first(folder):
        # Dagster warns of its own parts: links to files are new, and a call of pydantic is old
        for category in (dg.BetaWarning, dg.PreviewWarning):
            warnings.simplefilter("ignore", category)
        warnings.filterwarnings("ignore", "`parse_obj_as` is deprecated", DeprecationWarning)
        found = tree.build_defs(tree.defs_module_path)
    components = dg.Definitions.merge(found, dg.Definitions(component_tree=tree, metadata=metadata))
    caller = f"{defs_module.__name__.rpartition('.')[0]}.definitions"
    return merge(components, preload=caller)


def merge(*definitions: dg.Definitions, preload: str = "") -> dg.Definitions:
    """Merge definitions of components, and add what they share: the launcher and the clean-up.

    Args:
        *definitions: of `build_defs`, and others of one's own.
        preload: module that each process of a step imports first, on a cluster's side.

    Raises:
        SettingsError: a variable can't be used.
    """
    settings = load_settings()
    merged = dg.Definitions.merge(*definitions)
    return dg.Definitions.merge(merged, _shared(merged, settings, preload))


def _shared(merged: dg.Definitions, settings: Settings, preload: str) -> dg.Definitions:
    ours = assets_of(merged)
    clean_lake_job = make_clean_lake_job(
        stored_assets(ours, settings.retention_champions), settings
    )
    targets = [settings.on(each) for each in declared_deployments(merged, settings)]
    return dg.Definitions(
        jobs=[everything_job, clean_lake_job],
        sensors=shared_sensors(settings, targets, [*declared_pipelines(merged, settings)]),
        schedules=[cleaning_schedule(settings, clean_lake_job)],
        resources={"launcher": launcher_resource(settings, sources(ours))},
        loggers={"console": console},
        executor=executor_for(targets, preload),
    )


def sources(assets: list[dg.AssetsDefinition]) -> tuple[str | None, ...]:
    """Return the sources of the snapshots among the assets; None is the sample."""
    found = [metadata[SOURCE] for _, metadata in metadata_of(assets) if SOURCE in metadata]
    return tuple(dict.fromkeys(found))


def _own_component_types() -> Any:
    """Return the description of our components for the UI's page of component types."""
    from dagster.components.core.snapshot import get_package_entry_snap
    from dagster_shared.serdes.objects.package_entry import EnvRegistryKey, json_for_all_components

    import emr_ml

    return json_for_all_components(
        [
            get_package_entry_snap(
                EnvRegistryKey(name=name, namespace="emr_ml"), getattr(emr_ml, name)
            )
            for name in ("TrainingPipeline", "SparkJob")
        ]
    )
