"""What StartJobRun asks of spark-submit: its settings, its command, and what is fetched before.

EMR Serverless and EMR on EKS run it in the driver's container, whose working directory has the
archives unpacked before Python starts, as Spark does it in cluster mode on Kubernetes.
"""

import os
import shlex
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from emr_ml_tests.emulator.nodes import Node
from emr_ml_tests.emulator.world import NODE, bucket_and_key

# options of spark-submit that set what a property sets, too
PROPERTIES = {
    "--archives": "spark.archives",
    "--py-files": "spark.submit.pyFiles",
    "--name": "spark.app.name",
    "--driver-cores": "spark.driver.cores",
    "--driver-memory": "spark.driver.memory",
    "--executor-cores": "spark.executor.cores",
    "--executor-memory": "spark.executor.memory",
    "--num-executors": "spark.executor.instances",
}
# a worker's memory is what it is billed for; here, one machine plays all workers
ON_THIS_MACHINE = ["--driver-memory", "1g"]


class SubmissionError(Exception):
    """spark-submit ends before Python starts, and says this."""


@dataclass(frozen=True)
class Submission:
    """A job driver for spark-submit.

    Args:
        driver: `entryPoint`, `entryPointArguments` and `sparkSubmitParameters`.
        classifications: configurations, the application's before those of the job run.
        environment: the prefix of settings that are environment variables of the driver.
    """

    driver: Mapping[str, Any]
    classifications: Sequence[Mapping[str, Any]]
    environment: str
    conf: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Settings by precedence: what is among the parameters wins over `spark-defaults`."""
        for one in self.classifications:
            if one["classification"] == "spark-defaults":
                self.conf.update(one.get("properties", {}))
        words = shlex.split(self.driver.get("sparkSubmitParameters", ""))
        for option, value in pairwise([*words, ""]):
            if option in ("--conf", "-c"):
                name, _, setting = value.partition("=")
                self.conf[name] = setting
            elif option in PROPERTIES:
                self.conf[PROPERTIES[option]] = value

    def command(self, *, real: bool) -> list[str]:
        parameters = shlex.split(self.driver.get("sparkSubmitParameters", ""))
        parameters += ON_THIS_MACHINE if real else []
        arguments = self.driver.get("entryPointArguments", [])
        return ["spark-submit", *parameters, self.driver["entryPoint"], *arguments]

    def variables(self) -> dict[str, str]:
        """The driver's environment variables."""
        prefix = self.environment
        return {
            name.removeprefix(prefix): value
            for name, value in self.conf.items()
            if name.startswith(prefix)
        }

    def lay_out(self, node: Node) -> None:
        """Prepare a sandbox with the archives in its working directory.

        Raises:
            SubmissionError: there is no such archive, or not the Python that should run.
        """
        node.prepare([_as_on_ec2(one) for one in self.classifications])
        for archive in self.conf.get("spark.archives", "").split(","):
            if archive:
                _unpack(node, archive)
        python = self.conf.get("spark.pyspark.driver.python") or self._python()
        if python and "/" in python and not os.path.lexists(node.home / python):
            raise SubmissionError(
                f'Exception in thread "main" java.io.IOException: Cannot run program "{python}": '
                "error=2, No such file or directory"
            )

    def _python(self) -> str | None:
        """The driver's Python in the order in which Spark looks for it."""
        named = self.variables()
        return (
            self.conf.get("spark.pyspark.python")
            or named.get("PYSPARK_DRIVER_PYTHON")
            or named.get("PYSPARK_PYTHON")
        )


def _as_on_ec2(classification: Mapping[str, Any]) -> dict[str, Any]:
    """A classification with the capitals that EMR on EC2 gives its members."""
    return {
        "Classification": classification["classification"],
        "Properties": classification.get("properties", {}),
        "Configurations": [_as_on_ec2(one) for one in classification.get("configurations", [])],
    }


def _unpack(node: Node, archive: str) -> None:
    """Unpack `<address>#<folder>`; the folder's default is the archive's own name."""
    address, _, folder = archive.strip().partition("#")
    source, target = _fetched(node, address), node.home / (folder or Path(address).name)
    if address.endswith((".zip", ".jar")):
        with zipfile.ZipFile(source) as packed:
            # neither here nor in Spark is anything executable then
            packed.extractall(target)  # noqa: S202 - what a test has packed
    elif address.endswith((".tar.gz", ".tgz")):
        with tarfile.open(source) as packed:
            # as the `tar` that Spark calls
            packed.extractall(target, filter="fully_trusted")  # noqa: S202 - what a test has packed
    else:
        raise SubmissionError(f"{address}: neither .jar nor .zip nor .tar.gz nor .tgz")


def _fetched(node: Node, address: str) -> Path:
    if not address.startswith("s3://"):
        return node.home / address
    bucket, key = bucket_and_key(address)
    path = node.folder / "tmp" / Path(key).name
    try:
        node.world.client("s3", NODE).download_file(bucket, key, str(path))
    except ClientError as error:
        raise SubmissionError(
            f'Exception in thread "main" java.io.FileNotFoundException: {address}: {error}'
        ) from error
    return path
