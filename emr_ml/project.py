"""Where the user's project is, and the files that come with this package."""

import sys
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dagster as dg

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parent  # of the checkout, if this is one


def find_project() -> Path:
    """Return the folder of the project: the lake, the samples and Dagster's files are in it.

    It is the nearest folder, from the current one upwards, whose pyproject.toml makes it a project
    of `dg`. Without one, it is the checkout of this package, or else the current folder.
    """
    return _project_around(Path.cwd())


@cache  # the settings ask for it again and again
def _project_around(here: Path) -> Path:
    for folder in (here, *here.parents):
        if dg_project(folder):
            return folder
    return ROOT if dg_project(ROOT) else here


def dg_project(folder: Path) -> dict[str, str] | None:
    """Return the table `tool.dg.project` of the folder's pyproject.toml, or None."""
    try:
        text = (folder / "pyproject.toml").read_text(encoding="utf-8")
        return tomllib.loads(text)["tool"]["dg"]["project"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError):
        return None


def shipped(folder: str) -> Path:
    """Return a folder of data files: in the package if it is installed, else in the checkout."""
    packaged = PACKAGE / folder
    return packaged if packaged.is_dir() else ROOT / folder


def load_project_definitions() -> "dg.Definitions":
    """Import the definitions of the project, as `dg` does, with its folder on the path.

    Raises:
        UserError: a component or a setting can't be used; of a component, with file and line.
        ImportError: the project's module can't be imported.
    """
    from emr_ml.mistakes import mistakes_first

    folder = find_project()
    table = dg_project(folder) or {}
    module = table.get("code_location_target_module")
    if module is None:
        root = table.get("root_module")
        module = f"{root}.definitions" if root else "emr_ml.definitions"
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    with mistakes_first(folder):  # also if Dagster's own function loads the components
        return import_module(module).defs
