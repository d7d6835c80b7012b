"""Puts the folders that nodes and CloudFormation need into the wheel."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FOLDERS = ("bootstrap", "infra")


class BuildWithFolders(build_py):
    """Copies the folders into the package, where `emr_ml.project.shipped` finds them."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for folder in FOLDERS:
                self.copy_tree(folder, str(Path(self.build_lib) / "emr_ml" / folder))


setup(cmdclass={"build_py": BuildWithFolders})
