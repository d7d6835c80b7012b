"""Join the modules of `spark_jobs.scorer` to one file, which is easy to take elsewhere."""

import ast
from functools import cache
from importlib.resources import files

from spark_jobs import scorer

MODULES = ("values", "times", "csv_files", "features", "steps", "scoring")


@cache
def bundled_scorer() -> str:
    """Return the source of `scorer.py`: the last module's description, then all their code."""
    modules: set[str] = set()
    names: dict[str, set[str]] = {}
    bodies: list[str] = []
    description = ""
    for module in MODULES:
        source = (files(scorer) / f"{module}.py").read_text("utf-8")
        tree = ast.parse(source)
        description = ast.get_docstring(tree, clean=False) or ""
        end = 0
        for statement in tree.body:
            match statement:
                case ast.Import():
                    modules.add(ast.unparse(statement))
                case ast.ImportFrom(module=str(origin)):
                    if not origin.startswith(scorer.__name__):
                        names.setdefault(origin, set()).update(
                            each.name for each in statement.names
                        )
                case _:
                    continue
            end = statement.end_lineno or end
        bodies.append("\n".join(source.splitlines()[end:]).strip())
    imports = [
        f"from {origin} import {', '.join(sorted(names[origin]))}" for origin in sorted(names)
    ]
    header = "\n".join([*sorted(modules), *imports])
    return "\n\n\n".join([f'"""{description}"""\n\n{header}', *bodies]) + "\n"
