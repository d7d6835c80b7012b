"""Where the output of runs is kept: in S3 if the lake is there, else in a folder."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._core.storage.compute_log_manager import ComputeLogManager
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from emr_ml.settings import load_settings
from emr_ml.stack import with_stack
from spark_jobs.runtime.s3 import split_uri

if TYPE_CHECKING:
    from dagster_aws.s3.compute_log_manager import S3ComputeLogManager

UPLOAD_SECONDS = 15  # the webserver may be on another machine, so new output appears after this
FOLDER = "dagster"


class LakeComputeLogManager(ComputeLogManager, ConfigurableClass):
    """Named in a dagster.yaml; makes the manager that fits the lake.

    It is never created itself: a dagster.yaml can't choose a class by a variable.
    """

    @classmethod
    def config_type(cls) -> Any:
        return {"folder": dg.Field(dg.StringSource, is_required=False)}

    @classmethod
    def from_config_value(  # pyright: ignore[reportIncompatibleMethodOverride] - another manager
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> ComputeLogManager:
        """Return the manager.

        Args:
            inst_data: as Dagster passes it.
            config_value: `folder` for a lake that is not in S3.

        Raises:
            SettingsError: a variable or the stack can't be used.
        """
        lake = with_stack(load_settings()).lake
        if lake.startswith("s3://"):
            return _in_s3(lake, inst_data)
        folder = config_value.get("folder", ".dagster/compute_logs")
        return LocalComputeLogManager(folder, inst_data=inst_data)


def _in_s3(lake: str, inst_data: ConfigurableClassData | None) -> "S3ComputeLogManager":
    # imported only here: it takes most of a second
    from dagster_aws.s3.compute_log_manager import S3ComputeLogManager

    bucket, prefix = split_uri(lake)
    return S3ComputeLogManager(
        bucket=bucket,
        prefix=f"{prefix}/{FOLDER}".strip("/"),
        upload_interval=UPLOAD_SECONDS,
        skip_empty_files=True,
        inst_data=inst_data,
    )
