"""A project of a user's own, below a test's folder: components, contracts, data and jobs."""

import sys
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from emr_ml.components.loading import load_defs
from emr_ml.lake.job_code import job_code
from emr_ml_tests.graph import TOY_CONTRACT, toy_rows

DEFINITIONS = """\
import {package}.defs
from emr_ml import load_defs

defs = load_defs({package}.defs)
"""


class Project:
    """A package with a folder of components, importable while the test runs."""

    def __init__(self, folder: Path, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.package = folder / package, package
        self.defs = self.folder / "defs"
        self.defs.mkdir(parents=True)
        for path in (self.folder, self.defs):
            (path / "__init__.py").write_text("")
        (folder / "pyproject.toml").write_text(
            f'[tool.dg]\ndirectory_type = "project"\n[tool.dg.project]\nroot_module = "{package}"\n'
        )
        self.write("definitions.py", DEFINITIONS.format(package=package))
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.setenv("EMR_ML_LAKE", str(folder / "lake"))
        monkeypatch.setenv("EMR_ML_FAST_POLL_SECONDS", "0.1")

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def component(self, name: str, kind: str, **attributes: Any) -> Path:
        given = {"type": f"emr_ml.{kind}", "attributes": attributes}
        return self.write(f"defs/{name}/defs.yaml", yaml.safe_dump(given, sort_keys=False))

    def pipeline(self, name: str, **attributes: Any) -> Path:
        """A training pipeline on the toy data."""
        self.write(f"defs/{name}/contract.yaml", TOY_CONTRACT)
        self.write("toy.csv", "\n".join(["height,colour,kind", *toy_rows()]) + "\n")
        given = {"contract": "contract.yaml", "source": "../../toy.csv", "key_prefix": [name]}
        return self.component(name, "TrainingPipeline", **{**given, **attributes})

    def load(self) -> dg.Definitions:
        """The definitions, as a new process would load them."""
        for name in [each for each in sys.modules if each.partition(".")[0] == self.package]:
            del sys.modules[name]
        invalidate_caches()
        job_code.cache_clear()
        return load_defs(import_module(f"{self.package}.defs"))


def keys(definitions: dg.Definitions) -> set[str]:
    return {spec.key.to_user_string() for spec in definitions.resolve_all_asset_specs()}


def materialize(definitions: dg.Definitions, *assets: str) -> dg.ExecuteInProcessResult:
    """One run of these assets, whether it fails or not."""
    job = definitions.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(name.split("/")) for name in assets],
            raise_on_error=False,
        )
