"""Which errors become messages, and that telling them apart imports nothing heavy."""

import subprocess
import sys

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError, NoCredentialsError

from emr_ml.aws.client import UnansweredError
from emr_ml.contract import ContractError
from emr_ml.errors import UserError, user_message
from emr_ml.launchers.base import LostError
from emr_ml.project import ROOT
from emr_ml.settings import SettingsError
from emr_ml.sources.listing import SourceError
from spark_jobs.runtime.job import JobError

NO_BUCKET = ClientError({"Error": {"Code": "NoSuchBucket", "Message": "not there"}}, "GetObject")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (JobError("a"), "a"),
        (ContractError("b"), "b"),
        (SourceError("c"), "c"),
        (SettingsError("d"), "d"),
        (LostError("e"), "e"),
        (NO_BUCKET, "GetObject failed: NoSuchBucket not there: check the bucket's name"),
        (NoCredentialsError(), "no credentials were found: set AWS_PROFILE"),
        (UnansweredError("no answer for 30 s"), "no answer for 30 s: check that it runs"),
        (S3UploadFailedError("half of it"), "half of it: correct what it names"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_expected_error_becomes_a_message(error: Exception, message: str) -> None:
    assert str(user_message(error)).startswith(message)


@pytest.mark.parametrize(
    ("file", "lake", "advice"),
    [
        ("/data/a.csv", None, "Check that path, its permissions and its disk"),
        ("/data/a.csv", "/lake", "Check that path, its permissions and its disk"),
        ("/lake/lr_model", "/lake", "Check EMR_ML_LAKE, its permissions and its disk"),
        ("/disk", "/disk/new/lake", "Check EMR_ML_LAKE, its permissions and its disk"),
    ],
    ids=["no lake", "not in the lake", "in the lake", "around the lake"],
)
def test_an_error_of_a_file_names_it_and_blames_the_lake_only_for_its_own(
    file: str, lake: str | None, advice: str
) -> None:
    error = PermissionError(13, "Permission denied", file)

    assert user_message(error, lake) == f"{file}: Permission denied. {advice}"


@pytest.mark.parametrize(
    ("lake", "advice"),
    [
        (None, "this machine's disk and network"),
        ("s3://bucket/lake", "this machine's disk and network"),
        ("/lake", "EMR_ML_LAKE and its disk"),
    ],
)
def test_an_error_without_a_file_blames_the_lake_only_if_it_is_a_folder_in_use(
    lake: str | None, advice: str
) -> None:
    error = OSError(28, "No space left on device")

    assert user_message(error, lake) == f"No space left on device. Check {advice}"


@pytest.mark.parametrize("error", [ValueError("a bug"), BrokenPipeError(32, "Broken pipe")])
def test_any_other_error_has_no_message(error: Exception) -> None:
    assert user_message(error) is None


def test_a_user_error_tells_the_fix_apart_from_the_problem() -> None:
    error = UserError("the disk at /a: b is full", fix="free some space: 1 GB")

    assert (error.problem, error.fix) == ("the disk at /a: b is full", "free some space: 1 GB")
    assert str(error) == "the disk at /a: b is full: free some space: 1 GB"


def test_neither_dagster_nor_the_client_of_aws_is_imported() -> None:
    program = (
        "import sys, emr_ml.errors, emr_ml.wording\n"
        "print([name for name in ('botocore', 'boto3', 'dagster', 'pydantic', 'pyspark')"
        " if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
