"""A session that can be started, configured and stopped, and a context that does nothing."""

import json
import os
from typing import Any, Self

from pyspark import absent_in  # pyright: ignore[reportAttributeAccessIssue] - the stand-in

__getattr__ = absent_in(__name__)
RELEASE = "4.1.1-amzn-0"


class Conf:
    """The session's settings."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    def set(self, key: str, value: Any) -> None:
        self._values[key] = str(value)

    def get(self, key: str, default: str | None = None) -> str | None:
        return self._values.get(key, default)


class StatusTracker:
    """Knows of no jobs."""

    def getActiveJobsIds(self) -> list[int]:
        return []

    def getJobIdsForGroup(self, group: str | None = None) -> list[int]:
        del group
        return []

    def getJobInfo(self, job: int) -> None:
        del job

    def getStageInfo(self, stage: int) -> None:
        del stage


class Java:
    """Has no memory pools; every package is the same."""

    @property
    def java(self) -> Self:
        return self

    lang = management = ManagementFactory = java

    def getMemoryPoolMXBeans(self) -> list[Any]:
        return []


class JavaContext:
    """Is alive, and has cached nothing."""

    def sc(self) -> Self:
        return self

    def isStopped(self) -> bool:
        return False

    def getPersistentRDDs(self) -> dict[int, Any]:
        return {}


class Catalog:
    """Has cached nothing."""

    def clearCache(self) -> None:
        """There is nothing."""


class SparkContext:
    """Has an application, and nothing to run."""

    _jvm = Java()
    _jsc = JavaContext()

    applicationId = "application_1700000000000_0001"
    uiWebUrl = None
    defaultParallelism = 2
    version = RELEASE

    def statusTracker(self) -> StatusTracker:
        return StatusTracker()

    def setLogLevel(self, level: str) -> None:
        del level

    def getConf(self) -> Conf:
        return Conf({})

    def setJobGroup(self, *_: Any, **__: Any) -> None:
        """There are no jobs to be in it."""

    def cancelAllJobs(self) -> None:
        """There are none."""

    def stop(self) -> None:
        """There is nothing to stop."""


class SparkSession:
    """As much of a session as a job needs that computes without Spark."""

    version = RELEASE

    class Builder:
        """Collects settings."""

        def __init__(self) -> None:
            self._values: dict[str, str] = json.loads(os.environ.get("LIGHT_SPARK_CONF", "{}"))

        def appName(self, name: str) -> Self:
            return self.config("spark.app.name", name)

        def master(self, master: str) -> Self:
            return self.config("spark.master", master)

        def config(
            self,
            key: str = "",
            value: Any = None,
            *,
            map: dict[str, Any] | None = None,  # noqa: A002 - PySpark's name
        ) -> Self:
            self._values |= {name: str(each) for name, each in (map or {key: value}).items()}
            return self

        def getOrCreate(self) -> "SparkSession":
            return SparkSession(self._values)

    builder = Builder()
    catalog = Catalog()

    def __init__(self, values: dict[str, str] | None = None) -> None:
        self.conf = Conf(dict(values or {}))
        self.sparkContext = SparkContext()

    def newSession(self) -> "SparkSession":
        return SparkSession()

    def stop(self) -> None:
        """There is nothing to stop."""
