"""`emr-ml up` and `emr-ml down` on an emulated AWS whose account is an empty one."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from emr_ml.cli import main
from emr_ml.launchers.remote import wheels
from emr_ml.stack.bucket import bucket_exists, delete_bucket_with_objects
from emr_ml_tests.bootstrap.wheels import make_wheel, pin
from emr_ml_tests.emulator.server import Emulator, serve_as_mine

BUCKET = "emr-ml-123456789012-eu-west-1"


@contextmanager
def empty_aws(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Emulator]:
    """The emulated AWS, which is as empty afterwards."""
    with serve_as_mine(folder, monkeypatch, speed=600.0, quotas=False, default_roles=False) as aws:
        monkeypatch.setenv("EMR_ML_FAST_POLL_SECONDS", "0.1")
        yield aws
        # moto's account outlives the server
        for name in ("EMR_ML_STACK", "EMR_ML_DEPLOYMENT"):
            monkeypatch.delenv(name, raising=False)
        CliRunner().invoke(main, ["down", "--yes", "--end-clusters"])
        if bucket_exists(aws.client("s3"), BUCKET):
            delete_bucket_with_objects(aws.client("s3"), BUCKET)


def give_wheels(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nodes want one small package, which pip finds here."""
    wheel = make_wheel(folder / "shop", tag="cp311-cp311-manylinux_2_28_x86_64")
    (folder / "bootstrap").mkdir()
    (folder / "bootstrap" / "requirements.txt").write_text(pin(wheel) + "\n")
    monkeypatch.setattr(wheels, "BOOTSTRAP", folder / "bootstrap")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder / "shop"))


def run(*args: str, answer: str = "") -> Result:
    done = CliRunner().invoke(main, args, input=answer)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done


def green(*args: str) -> str:
    """What a command says that must not fail."""
    done = run(*args)
    assert done.exit_code == 0, done.output
    return done.output
