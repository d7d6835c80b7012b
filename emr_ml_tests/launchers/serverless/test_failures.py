"""What to do about what EMR Serverless says."""

import pytest

from emr_ml.launchers.remote.failures import advice_for
from emr_ml.launchers.serverless.failures import ADVICE

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
