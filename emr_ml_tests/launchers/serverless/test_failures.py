"""What to do about what EMR Serverless says."""

import pytest

from emr_ml.launchers.remote.failures import advice_for
from emr_ml.launchers.remote.log_tail import Tail
from emr_ml.launchers.remote.target import JobLocation
from emr_ml.launchers.serverless.failures import ADVICE, run_failed

CALLER = "User: arn:aws:sts::123456789012:assumed-role/Dagster/i-0 is not authorized to perform:"


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        (f"{CALLER} emr-serverless:StartJobRun", "infra/serverless_launcher_policy.json"),
        (f"{CALLER} iam:PassRole on resource: Jobs", "check `execution_role`"),
        ("The role can't be assumed.", "check `execution_role`"),
        ("emr-serverless.amazonaws.com is not able to assume the role", "check `execution_role`"),
        ("The driver ended with exit code 137", "out of memory"),
    ],
)
def test_the_advice_fits_what_is_said(said: str, advice: str) -> None:
    assert advice in advice_for(said, ADVICE)


@pytest.mark.parametrize(
    ("details", "is_limit"),
    [
        ("Job execution timeout reached", True),
        ("The job run timed out after 360 minutes", True),
        ("urllib3: connection to 10.0.0.1 timed out. (connect timeout=15)", False),
    ],
)
def test_only_the_job_s_own_limit_is_told_as_such(details: str, is_limit: bool) -> None:
    job = JobLocation("metrics", 1, "job run 7", "s3://logs/7")

    failure = str(run_failed(job, details, None, Tail("s3://logs/7"), has_started=True))

    assert ("the job ran into its time limit" in failure) is is_limit
