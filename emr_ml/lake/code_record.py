"""The modules that a version was computed with, kept so that two versions can be compared later.

A version contains a digest of all modules together. This record says which of them changed.
"""

from collections.abc import Mapping
from contextlib import suppress

from pydantic import BaseModel

from emr_ml.lake.job_code import JobCodeError, job_code, module_of
from emr_ml.lake.versions import VersionSpec
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.lake.base import as_json
from spark_jobs.runtime.report import Report, job_key

NAME = "code.json"  # beside the request of an attempt, so that it is removed with its data


class _CodeRecord(BaseModel):
    """The contents of `code.json`: the job's module, and SHA-256 by name of each module."""

    job: str
    modules: dict[str, str]


def record_modules(lake: Lake, work: VersionSpec, attempt: int) -> None:
    """Record which modules an attempt is computed with, unless the attempt has such a record."""
    with suppress(JobCodeError):
        code = job_code(work.job_module)
        if code.digest == work.code:
            record = _CodeRecord(job=code.module, modules=code.hashes)
            key = job_key(work.asset, work.version, attempt, NAME)
            lake.create(key, as_json(record.model_dump()))


def modules_of(lake: Lake, report: Report) -> Mapping[str, str] | None:
    """Return the SHA-256 of each module of a version by name, or None if they are not known.

    Versions of earlier releases have no record. The modules are still known if the installed code
    is the same.

    Raises:
        JobError: the record is damaged.
    """
    stored = lake.read(job_key(report.asset, report.version, report.attempt, NAME))
    if stored:
        return stored.parsed(_CodeRecord.model_validate).modules
    with suppress(JobCodeError):
        installed = job_code(module_of(report.asset))
        if installed.digest == report.code:
            return installed.hashes
    return None
