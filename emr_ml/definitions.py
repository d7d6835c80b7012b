"""The code location: all definitions that Dagster loads."""

import dagster as dg

from emr_ml.assets.champion_metrics import champion_metrics
from emr_ml.assets.champion_model import champion_model
from emr_ml.assets.lr_model import lr_model
from emr_ml.assets.metrics import metrics
from emr_ml.assets.predictions import predictions
from emr_ml.assets.processed_dataset import processed_dataset
from emr_ml.assets.raw_csv_s3 import raw_csv_s3
from emr_ml.assets.raw_sales_csv_s3 import raw_sales_csv_s3
from emr_ml.assets.raw_scoring_csv_s3 import raw_scoring_csv_s3
from emr_ml.assets.sales_by_seller import sales_by_seller
from emr_ml.jobs import evaluation_job, everything_job, sales_job, scoring_job, training_job
from emr_ml.launchers import executor_for, launcher_resource
from emr_ml.retention.job import clean_lake_job
from emr_ml.schedules import schedules_for
from emr_ml.sensors import sensors_for
from emr_ml.settings import load_settings
from emr_ml.ui.console import console

settings = load_settings()

defs = dg.Definitions(
    assets=[
        raw_csv_s3,
        processed_dataset,
        lr_model,
        metrics,
        champion_model,
        champion_metrics,
        raw_scoring_csv_s3,
        predictions,
        raw_sales_csv_s3,
        sales_by_seller,
    ],
    sensors=sensors_for(settings),
    schedules=schedules_for(settings),
    jobs=[
        everything_job,
        training_job,
        evaluation_job,
        scoring_job,
        sales_job,
        clean_lake_job,
    ],
    resources={"settings": settings, "launcher": launcher_resource(settings)},
    loggers={"console": console},
    executor=executor_for(settings),
)
