"""What the jobs that most often come next need, imported while a process waits for something else.

Their libraries take two seconds to import.
"""

import importlib
from collections.abc import Callable, Iterable
from contextlib import suppress

NEEDED_NEXT = ("spark_jobs.lr_model", "spark_jobs.metrics", "xgboost")


def import_ahead(modules: Iterable[str], until: Callable[[], bool] = lambda: False) -> None:
    """Import modules one after the other until there is no more time; one that fails is left out.

    Args:
        modules: their names.
        until: whether the wait is over.
    """
    for module in modules:
        if until():
            return
        with suppress(Exception):  # a job that can't be imported says so itself
            importlib.import_module(module)
