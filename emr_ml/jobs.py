"""Jobs: each runs one pipeline."""

import dagster as dg

everything_job = dg.define_asset_job(
    "everything_job",
    selection=dg.AssetSelection.all(),
    description="All pipelines in one run, as in `make run`.",
)

training_job = dg.define_asset_job(
    "training_job",
    selection=dg.AssetSelection.assets("champion_model").upstream(),
    description="From the snapshot of the source to the model, its metrics and the champion.",
)

evaluation_job = dg.define_asset_job(
    "evaluation_job",
    selection=dg.AssetSelection.assets("raw_csv_s3", "processed_dataset", "champion_metrics"),
    description="Evaluates the champion on the current files of the source, without training.",
)

scoring_job = dg.define_asset_job(
    "scoring_job",
    selection=dg.AssetSelection.groups("scoring"),
    description="The champion's predictions for rows that have no label yet.",
)

sales_job = dg.define_asset_job(
    "sales_job",
    selection=dg.AssetSelection.groups("sales"),
    description="From the snapshot of the sales files to the totals by seller.",
)
