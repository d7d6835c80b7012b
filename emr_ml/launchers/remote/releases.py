"""Releases of EMR: the Spark of each, and what can't run there.

The Spark of a release is in AWS's page "Spark release history", its Pythons are on the release's
own page. Bootstrap installs packages for Python 3.11 or newer, built for glibc 2.27.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from emr_ml.lake.job_code import LEAST_SPARK, is_new_enough, needing_newer
from emr_ml.launchers.remote.configuration import Mistake

DEFAULT_RELEASE = "emr-spark-8.1.0"
# releases on which all jobs run, and the Spark of each
RELEASES = {DEFAULT_RELEASE: "4.1.1", "emr-spark-8.0.0": "4.0.2"}
# releases on which only jobs of one's own may run
OLDER_RELEASES = {"emr-7.14.0": "3.5.8", "emr-7.13.0": "3.5.6"}
SPARK_OF = RELEASES | OLDER_RELEASES
LEAST_PYTHON = 11  # 3.11
LABEL = re.compile(r"emr-(\d+)\.(\d+)\.\d+")
PYTHON = re.compile(r"python3\.(\d+)$")
USE_DEFAULT = f"use {DEFAULT_RELEASE}"


class Released(Protocol):
    """A configuration of any target that has a release."""

    @property
    def release_label(self) -> str: ...

    @property
    def spark(self) -> str: ...


class OnNodes(Released, Protocol):
    """One of a target on whose nodes packages are installed for a Python of the release."""

    @property
    def python(self) -> str | None: ...


@dataclass(frozen=True)
class _Numbered:
    """A release with a label such as `emr-7.14.0`, which has no Spark 4."""

    major: int
    minor: int

    @property
    def python(self) -> str | None:
        """The Python for jobs; None if the release itself has none that is new enough."""
        return "/usr/bin/python3.11" if (self.major, self.minor) >= (7, 1) else None


def _numbered(label: str) -> _Numbered | None:
    match = LABEL.fullmatch(label)
    return _Numbered(int(match[1]), int(match[2])) if match else None


def release_defaults(label: str) -> dict[str, Any]:
    """Return the fields that follow from a release; `spark` is empty if the user must give it."""
    release = _numbered(label)
    return {"spark": RELEASES.get(label, ""), "python": release.python if release else None}


def why_unusable(label: str) -> str | None:
    """Return why no job at all can run on a release, or None if jobs can."""
    release = _numbered(label)
    if release is None or release.major >= 7:
        return None
    return (
        f"{label} can't run any job: its newest Python is older than 3.{LEAST_PYTHON}, which the "
        "jobs need, and the C library of Amazon Linux 2 is too old for their packages: "
        f"{USE_DEFAULT}"
    )


def why_no_spark(label: str) -> str:
    """Return why the user must give the Spark of a release."""
    if unusable := why_unusable(label):
        return unusable
    if _numbered(label) is None:
        return (
            "its Spark is not known: set it, for example spark: 4.1.1; known releases are "
            f"{', '.join(RELEASES)}"
        )
    example = f"spark: {SPARK_OF[label]}" if label in SPARK_OF else "its Spark, as in spark: 3.5.6"
    return (
        f"{label} has Spark 3, but the jobs of training pipelines need Spark {LEAST_SPARK}: "
        f"{USE_DEFAULT}; or, if only jobs of your own run there, set {example}"
    )


def check_release(config: OnNodes) -> Iterator[Mistake]:
    """Yield why a release, or what was said about it, can't be used."""
    label = config.release_label
    if unusable := why_unusable(label):
        yield ("release_label",), unusable
        return
    spark = SPARK_OF.get(label, config.spark)
    if spark != config.spark:
        yield ("spark",), f"{label} has Spark {spark}, not {config.spark}"
    python = PYTHON.search(config.python or "")
    if python and int(python[1]) < LEAST_PYTHON:
        yield ("python",), f"the jobs need Python 3.{LEAST_PYTHON} or newer, not 3.{python[1]}"
    if _numbered(label) and not config.python:
        yield (
            ("release_label",),
            (
                f"{label} has no Python 3.{LEAST_PYTHON}, which the jobs need: {USE_DEFAULT}, or "
                "install one in a bootstrap action, and set `python` to its path"
            ),
        )


def release_notes(config: OnNodes) -> Iterator[str]:
    """Yield what does not run on the release, or differs there."""
    if not is_new_enough(config.spark):
        yield (
            f"{config.release_label} has Spark {config.spark} and Python {config.python}: only "
            f"jobs of your own run there; those of training pipelines need Spark {LEAST_SPARK}"
        )


def check_jobs(config: Released, modules: Mapping[str, str]) -> Iterator[str]:
    """Yield why some jobs can't run on the release.

    Args:
        config: of a target.
        modules: the module of each job, by the path of its asset.
    """
    if assets := needing_newer(config.spark, modules):
        yield (
            f"release_label: {config.release_label} has Spark {config.spark}, but Spark "
            f"{LEAST_SPARK} is needed by {', '.join(assets)}: {USE_DEFAULT}, or declare only jobs "
            "of your own"
        )
