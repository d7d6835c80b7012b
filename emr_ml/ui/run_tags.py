"""Tags of runs, by which Dagster's list of runs is filtered.

They follow from what a run does, however it was started: the pipeline that it belongs to, the
snapshot that it read, and what became of the champion.
"""

from collections.abc import Mapping, Sequence

import dagster as dg

NAMESPACE = "emr_ml"
PIPELINE = "pipeline"  # of assets; with the namespace, of runs
RUN_PIPELINE = f"{NAMESPACE}/{PIPELINE}"
CHAMPION = "champion"
WITHOUT_PREFIX = "training"  # the pipeline that has no key prefix
ALL, SEVERAL = "all", "several"
NEW, KEPT, NONE = "new", "kept", "none"


def pipeline_name(prefix: Sequence[str]) -> str:
    """Return the name of a pipeline, as the value of a tag."""
    return ".".join(prefix) or WITHOUT_PREFIX


def tag_run(context: dg.AssetExecutionContext, tags: Mapping[str, str] | None = None) -> None:
    """Tag the run with the pipeline of the asset, unless its job has, and with further tags.

    Args:
        context: of the asset.
        tags: by name; in a run's tags, the prefix of the asset's key comes before each name.
    """
    *prefix, _ = context.asset_key.path
    found = {
        f"{NAMESPACE}/{'.'.join((*prefix, name))}": value for name, value in (tags or {}).items()
    }
    name = context.assets_def.tags_by_key[context.asset_key].get(PIPELINE)
    if name and RUN_PIPELINE not in context.run.tags:
        found[RUN_PIPELINE] = SEVERAL if _is_of_another(context, name) else name
    if found:
        context.instance.add_run_tags(context.run.run_id, found)


def champion_tag(*, promoted: bool, exists: bool) -> Mapping[str, str]:
    """Return the tag that says what a run did to the champion, for `tag_run`."""
    return {CHAMPION: NEW if promoted else KEPT if exists else NONE}


def _is_of_another(context: dg.AssetExecutionContext, name: str) -> bool:
    """Return whether an earlier asset of the run has tagged it with another pipeline."""
    run = context.instance.get_run_by_id(context.run.run_id)
    return run is not None and run.tags.get(RUN_PIPELINE, name) != name
