"""The programs of a node: a Python of its own and the real spark-submit, or light stand-ins."""

import atexit
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from shlex import quote
from tempfile import mkdtemp
from typing import Any

from emr_ml.launchers.local_spark import JAVA_OPTIONS, SQL_CONF, DataSize
from emr_ml_tests.emulator.world import REGION

HERE = Path(__file__).resolve().parent
RELEASE = f"python{sys.version_info.major}.{sys.version_info.minor}"
PYTHONS = sorted({"python", "python3", "python3.11", RELEASE})
# a step that is to hang does so here, below its own `timeout`
HANG = '[ -n "$EMULATOR_HANG" ] && exec sleep 1000000\n'
# what is installed on a light node would be installed in the harness: so nothing is
LIGHT_PYTHON = f"""#!/bin/sh
previous=
for argument in "$@"; do
  if [ "$previous" = -m ] && [ "$argument" = pip ]; then
    echo "a light node has everything: python3 $*"
    exit 0
  fi
  previous=$argument
done
PIP_DRY_RUN=1 PYTHONPATH={HERE / "light"}:$PYTHONPATH exec {sys.executable} "$@"
"""
LIGHT_PIP = '#!/bin/sh\nexec python3 -m pip "$@"\n'
LIGHT_SUBMIT = f"""#!/bin/sh
{HANG}export PYTHONPATH={HERE / "light"}${{PYTHONPATH:+:$PYTHONPATH}}
exec {sys.executable} {HERE / "light_spark.py"} "$@"
"""


def light_programs() -> dict[str, str]:
    """Scripts for nodes without Spark, whose Python is the harness' own."""
    return {
        **dict.fromkeys(PYTHONS, LIGHT_PYTHON),
        "pip": LIGHT_PIP,
        "pip3": LIGHT_PIP,
        "spark-submit": LIGHT_SUBMIT,
    }


def real_programs(
    folder: Path, url: str, classifications: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """Scripts for nodes with Spark; lays out the node's Python and Spark's defaults in `folder`."""
    _make_python(folder)
    given = _properties(classifications, "spark-defaults")
    given = {name: _at_home(folder, name, value) for name, value in given.items()}
    conf = given | _own_conf(url, folder)
    # short jobs on few cores: compiling and collecting in parallel would cost more than it gives
    options = given.get("spark.driver.extraJavaOptions", "")
    conf["spark.driver.extraJavaOptions"] = f"{options} {JAVA_OPTIONS[DataSize.SMALL]}".strip()
    lines = [f"{name} {_escaped(value)}\n" for name, value in conf.items()]
    (folder / "spark" / "spark-defaults.conf").write_text("".join(lines))
    exports = _exports(folder, classifications)
    submit = (
        f"#!/bin/sh\n{HANG}"
        f"export PYSPARK_PYTHON=${{PYSPARK_PYTHON:-{folder / 'bin' / 'python3'}}}\n{exports}"
        f"export SPARK_HOME={spark_home()}\n"
        f"export SPARK_CONF_DIR={folder / 'spark'}\n"
        "export SPARK_LOCAL_IP=127.0.0.1\n"
        'exec "$SPARK_HOME/bin/spark-submit" "$@"\n'
    )
    pip = f'#!/bin/sh\nexec {folder / "bin" / "python3"} -m pip "$@"\n'
    return {"spark-submit": submit, "pip": pip, "pip3": pip}


def _make_python(folder: Path) -> None:
    """What `python3 -m venv` makes, without its seconds: a Python with pip and nothing else."""
    base = Path(sys.base_prefix) / "bin" / RELEASE
    (folder / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = no\n")
    for name in PYTHONS:
        (folder / "bin" / name).symlink_to(base)
    packages = folder / "lib" / RELEASE / "site-packages"
    packages.mkdir(parents=True)
    for part in _pip().iterdir():
        (packages / part.name).symlink_to(part)


def _scratch() -> Path:
    """A folder that is gone with this process."""
    folder = Path(mkdtemp(prefix="emulator-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@lru_cache
def _pip() -> Path:
    """A folder with pip, out of Python's own distribution."""
    spec = importlib.util.find_spec("ensurepip")
    assert spec and spec.origin, "this Python has no ensurepip: nodes get their pip from it"
    wheel = next((Path(spec.origin).parent / "_bundled").glob("pip-*.whl"))
    folder = _scratch()
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


@lru_cache
def spark_home() -> Path:
    spec = importlib.util.find_spec("pyspark")
    assert spec and spec.origin, "pyspark is a dependency of the project"
    return Path(spec.origin).parent


@lru_cache
def s3a_jars() -> str:
    """The class path of S3A: resolved once, so that steps neither look it up nor copy it."""
    hadoop = next((spark_home() / "jars").glob("hadoop-client-api-*.jar")).stem
    package = f"org.apache.hadoop:hadoop-aws:{hadoop.removeprefix('hadoop-client-api-')}"
    empty = _scratch() / "empty.py"
    empty.write_text("")
    command = [str(spark_home() / "bin" / "spark-submit"), "--verbose", "--packages", package]
    result = subprocess.run([*command, str(empty)], capture_output=True, text=True, check=False)
    text = result.stdout + result.stderr
    for line in text.splitlines():
        name, _, jars = line.strip().strip("()").partition(",")
        if name == "spark.jars" and "hadoop-aws" in jars:
            paths = [jar.strip().removeprefix("file://") for jar in jars.split(",")]
            return ":".join(paths)
    raise RuntimeError(f"hadoop-aws can't be had from Maven Central: {text[-2000:]}")


def _own_conf(url: str, folder: Path) -> dict[str, str]:
    """What makes one machine play a cluster; it wins over the cluster's own configuration."""
    return {
        "spark.master": "local[2]",
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraClassPath": s3a_jars(),
        "spark.local.dir": str(folder / "tmp"),
        "spark.ui.enabled": "false",
        "spark.eventLog.enabled": "false",
        **SQL_CONF[DataSize.SMALL],
        "spark.sql.warehouse.dir": str(folder / "tmp" / "warehouse"),
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": url,
        "spark.hadoop.fs.s3a.endpoint.region": REGION,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.aws.credentials.provider": (
            "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider"
        ),
    }


def _properties(
    classifications: Sequence[Mapping[str, Any]], classification: str
) -> dict[str, str]:
    properties: dict[str, str] = {}
    for one in classifications:
        if one.get("Classification") == classification:
            properties |= one.get("Properties", {})
    return properties


def _exports(folder: Path, classifications: Sequence[Mapping[str, Any]]) -> str:
    """`spark-env`'s exports."""
    lines: list[str] = []
    for one in classifications:
        if one.get("Classification") == "spark-env":
            for name, value in _properties(one.get("Configurations", []), "export").items():
                lines.append(f"export {name}={quote(_at_home(folder, name, value))}\n")
    return "".join(lines)


def _at_home(folder: Path, name: str, value: str) -> str:
    """A setting, with the sandbox's Python instead of the machine's."""
    own = folder / "bin" / Path(value).name
    return str(own) if "python" in name.lower() and own.is_symlink() else value


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n")
