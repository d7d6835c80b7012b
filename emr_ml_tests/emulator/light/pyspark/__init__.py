"""A stand-in for pyspark where no Spark is: jobs may import it, but not compute with it."""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, Self

__version__ = "4.1.1"
PACKAGES = ("pyspark", "pyspark.ml", "pyspark.sql")


class Absent:
    """Whatever pyspark has and this has not: any use of it says so."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise RuntimeError(f"a light node has no {type(self).__name__} of Spark")

    def __class_getitem__(cls, _: Any) -> type[Self]:
        return cls


class AbsentModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds every module below pyspark, with nothing in it that can be used."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if not fullname.startswith("pyspark."):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = ModuleType(spec.name)
        module.__getattr__ = absent_in(spec.name)  # pyright: ignore[reportAttributeAccessIssue] - PEP 562
        return module

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to execute."""


def absent_in(module: str) -> Callable[[str], type[Absent]]:
    """What answers for each name that the module lacks."""

    def absent(name: str) -> type[Absent]:
        # of a package, names in lower case are its modules
        if name.startswith("__") or (module in PACKAGES and name.islower()):
            raise AttributeError(name)
        return type(name, (Absent,), {})

    return absent


# what is in this folder is found first
sys.meta_path.append(AbsentModules())
