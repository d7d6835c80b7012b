"""The jobs: each pipeline as one run."""

import dagster as dg

everything_job = dg.define_asset_job(
    "everything_job",
    selection=dg.AssetSelection.all(),
    description="Both pipelines in one run, as `make run` does it.",
)

training_job = dg.define_asset_job(
    "training_job",
    selection=dg.AssetSelection.groups("training"),
    description="From the snapshot of the source to the metrics of the model.",
)

sales_job = dg.define_asset_job(
    "sales_job",
    selection=dg.AssetSelection.groups("sales"),
    description="From the snapshot of the sales files to the sums by seller.",
)
