"""The jobs: each pipeline as one run."""

import dagster as dg

everything_job = dg.define_asset_job(
    "everything_job",
    selection=dg.AssetSelection.all(),
    description="All pipelines in one run, as `make run` does it.",
)

training_job = dg.define_asset_job(
    "training_job",
    selection=dg.AssetSelection.assets("champion_model").upstream(),
    description="From the snapshot of the source to the metrics of the model, and the champion.",
)

evaluation_job = dg.define_asset_job(
    "evaluation_job",
    selection=dg.AssetSelection.assets("raw_csv_s3", "processed_dataset", "champion_metrics"),
    description="The champion, measured on what the source holds now. Nothing is trained.",
)

scoring_job = dg.define_asset_job(
    "scoring_job",
    selection=dg.AssetSelection.groups("scoring"),
    description="What the champion says of rows that nobody has labelled yet.",
)

sales_job = dg.define_asset_job(
    "sales_job",
    selection=dg.AssetSelection.groups("sales"),
    description="From the snapshot of the sales files to the sums by seller.",
)
