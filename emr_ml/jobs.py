"""Jobs: each runs a part of one pipeline, or everything."""

from typing import Any

import dagster as dg

from emr_ml.pipeline import Pipeline
from emr_ml.ui.run_tags import ALL, RUN_PIPELINE, pipeline_name

Job = Any  # dagster has no public name for the result of define_asset_job

everything_job = dg.define_asset_job(
    "everything_job",
    selection=dg.AssetSelection.all(),
    description="All pipelines in one run, as in `make run`.",
    tags={RUN_PIPELINE: ALL},
)


def training_job(pipeline: Pipeline) -> Job:
    """Return the job from the snapshot of a source to the champion and its export."""
    return dg.define_asset_job(
        pipeline.name("training_job"),
        selection=dg.AssetSelection.assets(pipeline.key("exported_model")).upstream(),
        description="From the snapshot of the source to the model, its metrics and the champion.",
        tags=_tags(pipeline),
    )


def evaluation_job(pipeline: Pipeline) -> Job:
    """Return the job that evaluates the champion on the newest data."""
    names = ("raw_csv_s3", "processed_dataset", "champion_metrics")
    return dg.define_asset_job(
        pipeline.name("evaluation_job"),
        selection=dg.AssetSelection.assets(*map(pipeline.key, names)),
        description="Evaluates the champion on the current files of the source, without training.",
        tags=_tags(pipeline),
    )


def scoring_job(pipeline: Pipeline) -> Job:
    """Return the job that scores new rows with the champion."""
    names = ("raw_scoring_csv_s3", "predictions")
    return dg.define_asset_job(
        pipeline.name("scoring_job"),
        selection=dg.AssetSelection.assets(*map(pipeline.key, names)),
        description="The champion's predictions for rows that have no label yet.",
        tags=_tags(pipeline),
    )


def _tags(pipeline: Pipeline) -> dict[str, str]:
    return {RUN_PIPELINE: pipeline_name(pipeline.prefix)}
