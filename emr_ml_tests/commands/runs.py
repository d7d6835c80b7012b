"""`emr-ml run` with secrets in its environment, and what it leaves behind."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from emr_ml.project import ROOT
from emr_ml_tests.graph import SMALL_SPARK_CONF

COMMAND = str(Path(sys.executable).with_name("emr-ml"))
MARK = "recognisable"  # in each of the secrets, and nowhere else
SECRETS = {
    "AWS_ACCESS_KEY_ID": f"AKIA-{MARK}-1",
    "AWS_SECRET_ACCESS_KEY": f"{MARK}-2",
    "AWS_SESSION_TOKEN": f"{MARK}-3",
    "EMR_ML_ALERT_WEBHOOK": f"https://hooks.example/{MARK}-4",
}
SPARK_SECRETS = {
    "spark.hadoop.fs.s3a.secret.key": f"{MARK}-5",
    "spark.emr_ml.tests.presigned": f"https://b.example/k?X-Amz-Signature={MARK}-6",
}


@dataclass(frozen=True)
class RunTrace:
    """The output of a run, the arguments of all its processes, and the folder of its files."""

    exit_code: int
    output: str
    arguments: dict[str, str]
    folder: Path

    def files_with(self, mark: str) -> list[str]:
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        return [path.name for path in paths if mark.encode() in path.read_bytes()]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The variables of a run on a lake of its own, with a history of its own."""
    home = folder / "dagster_home"
    home.mkdir(exist_ok=True)
    (home / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
    return {
        **os.environ,
        "DAGSTER_HOME": str(home),
        "EMR_ML_LAKE": str(folder / "lake"),
        "EMR_ML_SAMPLE_FOLDER": str(folder / "sample"),
        "EMR_ML_FAST_POLL_SECONDS": "0.2",
        "EMR_ML_SPARK_CONF": json.dumps(SMALL_SPARK_CONF),
        **more,
    }


def run_with_secrets(folder: Path, **spark_conf: str) -> RunTrace:
    """Run the sample on a lake in that folder; `TMPDIR` is below it, too."""
    (folder / "tmp").mkdir()
    conf = {**SMALL_SPARK_CONF, **SPARK_SECRETS, **spark_conf}
    given = {"TMPDIR": str(folder / "tmp"), "EMR_ML_SPARK_CONF": json.dumps(conf)}
    said = folder / "said.txt"
    with said.open("w") as out:
        process = subprocess.Popen(
            [COMMAND, "run"],
            env={**environment(folder), **SECRETS, **given},
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        arguments: dict[str, str] = {}
        while process.poll() is None:
            arguments.update(arguments_below(process.pid))
            time.sleep(0.1)
    return RunTrace(process.returncode, said.read_text(), arguments, folder)


def arguments_below(pid: int) -> Iterator[tuple[str, str]]:
    """Return the names and arguments of a process and its descendants, as all users see them."""
    try:
        started = psutil.Process(pid)
        for each in [started, *started.children(recursive=True)]:
            arguments = " ".join(each.cmdline())
            yield f"{each.name()} {arguments}", arguments
    except psutil.Error:
        # it has just ended
        return
