"""A new project, from the files in `template`."""

import json
import re
import shutil
import sys
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

from emr_ml import sample_data
from emr_ml.errors import UserError
from emr_ml.settings import CONTRACTS

TEMPLATE = Path(__file__).with_name("template")
SUFFIX = ".txt"  # so that no tool takes the templates for code
PACKAGE = "package"  # the folder that gets the package's name
DOTTED = {"gitignore": ".gitignore"}


class NewProjectError(UserError):
    """The folder can't become a project."""


def new_project(folder: Path) -> list[Path]:
    """Write a project into a new or empty folder, and return its files.

    Raises:
        NewProjectError: the folder has files, or its name can't be that of a package.
    """
    package = re.sub(r"[-. ]", "_", folder.name).lower()
    if not package.isidentifier():
        raise NewProjectError(
            f"{folder.name!r} can't be the name of a Python package",
            fix="use letters, digits and -, and begin with a letter",
        )
    if package in sys.stdlib_module_names or find_spec(package):
        raise NewProjectError(
            f"a Python package {package} exists already", fix="give the folder another name"
        )
    if folder.exists() and any(folder.iterdir()):
        raise NewProjectError(f"{folder} is not empty", fix="name a new folder")
    names = {"project": folder.name, "package": package, "emr_ml": requirement()}
    written = [_write(path, folder, names) for path in sorted(TEMPLATE.rglob(f"*{SUFFIX}"))]
    contract = folder / package / "defs" / "diagnosis" / "contract.yaml"
    shutil.copyfile(CONTRACTS / "breast_cancer.yaml", contract)
    data = folder / "data" / "tumours.csv"
    data.parent.mkdir()
    sample_data.breast_cancer(data.parent).rename(data)
    return [*written, contract, data]


def requirement() -> str:
    """Return what to install for this emr_ml: from where it came, if that is no package index.

    By its name alone, pip would take whatever an index has under that name.
    """
    # as PEP 610 defines it
    origin = distribution("emr-ml").read_text("direct_url.json")
    url = json.loads(origin)["url"] if origin else ""
    return f"emr-ml @ {url}" if url.startswith("file:") else "emr-ml"


def _write(template: Path, folder: Path, names: dict[str, str]) -> Path:
    *parts, name = template.relative_to(TEMPLATE).parts
    name = name.removesuffix(SUFFIX)
    folders = [names["package"] if part == PACKAGE else part for part in parts]
    path = folder.joinpath(*folders, DOTTED.get(name, name))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(template.read_text(encoding="utf-8").format(**names), encoding="utf-8")
    return path
