"""A spark-submit without Spark: runs the script in plain Python, beside a stand-in for pyspark.

The script and the packed code come from where the command line says, and from nowhere else.
"""

import importlib.abc
import importlib.machinery
import json
import os
import runpy
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

FLAGS = ("-v", "--verbose", "--supervise", "--load-spark-defaults")
# what must come with the step, though the Python that runs here could find it elsewhere
SHIPPED = ("spark_jobs", "dagster_pipes", "emr_ml", "dagster")


class OnlyShipped(importlib.abc.MetaPathFinder):
    """Finds the project's own modules in the shipped archives only."""

    def __init__(self, archives: Sequence[str]) -> None:
        self._archives = list(archives)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in SHIPPED:
            return None
        where = self._archives if path is None else path
        spec = importlib.machinery.PathFinder.find_spec(fullname, where, target)
        if spec is None:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return spec


def parse(arguments: Sequence[str]) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """The options, Spark's configuration, and the script with its arguments."""
    options: dict[str, str] = {}
    conf: dict[str, str] = {}
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        name = rest.pop(0)
        if name in FLAGS:
            continue
        name, equals, value = name.partition("=")
        if not equals:
            if not rest:
                sys.exit(f"Error: option {name} needs a value")
            value = rest.pop(0)
        if name in ("--conf", "-c"):
            key, equals, value = value.partition("=")
            if not equals:
                sys.exit(f"Error: Spark config without '=': {key}")
            conf[key] = value
        else:
            options[name] = value
    if not rest:
        sys.exit("Error: Missing application resource.")
    return options, conf, rest


def fetch(address: str, folder: Path) -> str:
    """The local path of what is at a path or an s3:// address."""
    if not address.startswith("s3://"):
        return address
    import boto3

    bucket, _, key = address.removeprefix("s3://").partition("/")
    path = folder / key.rpartition("/")[2]
    boto3.client("s3").download_file(bucket, key, str(path))
    return str(path)


def packed() -> list[str]:
    """The packages of the Python that a real driver would be, and those beside this stand-in."""
    python = os.environ.get("PYSPARK_DRIVER_PYTHON") or os.environ.get("PYSPARK_PYTHON", "")
    beside = os.environ.get("PYTHONPATH", "").split(os.pathsep)[1:]
    own = Path(python).parents[1].glob("lib/python3*/site-packages") if "/" in python else ()
    return [*filter(None, beside), *map(str, own)]


def main() -> None:
    """Run the script as spark-submit would; its exit code is this process's."""
    options, conf, (script, *arguments) = parse(sys.argv[1:])
    # as with Spark, what is fetched stays until the node is gone
    folder = Path(tempfile.mkdtemp(prefix="light-spark-"))
    listed = options.get("--py-files") or conf.get("spark.submit.pyFiles", "")
    archives = [fetch(one, folder) for one in listed.split(",") if one]
    path = fetch(script, folder)
    os.environ["LIGHT_SPARK_CONF"] = json.dumps(
        {"spark.app.name": options.get("--name", ""), **conf}
    )
    sys.path[:1] = [str(Path(path).parent), *archives]
    sys.meta_path.insert(0, OnlyShipped([*archives, *packed()]))
    sys.argv = [path, *arguments]
    runpy.run_path(path, run_name="__main__")


if __name__ == "__main__":
    main()
