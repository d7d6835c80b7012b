"""The oldest Spark that runs the jobs of training pipelines.

They use functions that Spark has since 4.0, such as `Column.try_cast`.
"""

from collections.abc import Mapping

LEAST_SPARK = 4
OUR_JOBS = "spark_jobs."


def is_new_enough(spark: str) -> bool:
    """Return whether a release of Spark, such as `4.1.1`, runs the jobs of training pipelines."""
    return int(spark.partition(".")[0]) >= LEAST_SPARK


def needing_newer(spark: str, modules: Mapping[str, str]) -> list[str]:
    """Return the paths of the assets whose jobs need a newer Spark.

    Args:
        spark: the release of Spark, such as `4.1.1`.
        modules: the module of each job, by the path of its asset.
    """
    if is_new_enough(spark):
        return []
    return [asset for asset, module in modules.items() if module.startswith(OUR_JOBS)]
