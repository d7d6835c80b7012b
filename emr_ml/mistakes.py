"""Mistakes in a `defs.yaml`: what Dagster and pydantic raise, as one line with file and line."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import dagster as dg
import yaml
from dagster.components.core.decl import YamlDecl
from dagster.components.core.defs_module import ComponentFileModel
from dagster.components.resolved.errors import ResolutionException
from dagster_shared.check import CheckError
from dagster_shared.error import DagsterUnresolvableSymbolError
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from yaml import MarkedYAMLError, YAMLError

import emr_ml
from emr_ml.errors import UserError
from emr_ml.wording import did_you_mean, shorten, unknown_key

DEFS, ATTRIBUTES = "defs.yaml", "attributes"
FILES = (DEFS, "component.yaml")  # the latter is an older name
MAPPING = "should have keys and values"
# how Dagster begins the message of an attribute that can't be resolved, and marks the cause in it
RESOLVED = re.compile(r"^.+:\d+ - (?P<path>\S*)$", re.MULTILINE)
MARKED = re.compile(r"^ *\d* *\| *\^ (?:\w+: )?(?P<problem>.+)$", re.MULTILINE)
# how it names an attribute that its schema refuses
PLACED = re.compile(r"^(?P<path>\S*) at (?P<place>.+:\d+)$")
SYMBOL = re.compile(r"Module `(?P<module>[^`]+)`(?: has no attribute `(?P<name>[^`]+)`)?")

Loc = tuple[str | int, ...]


class ProjectError(UserError):
    """The project's definitions can't be loaded."""


@contextmanager
def located_attributes(
    context: dg.ComponentLoadContext, component: type[dg.Resolvable]
) -> Generator[None]:
    """Name file, line and attribute of what the block finds wrong with the values of attributes.

    Args:
        context: of the file; the errors of a component that is built in Python stay as they are.
        component: whose attributes they are.

    Raises:
        ProjectError: an attribute can't be used.
    """
    try:
        yield
    except (ValidationError, ResolutionException) as error:
        decl = context.component_decl
        tree = decl.source_tree if isinstance(decl, YamlDecl) else None
        if tree is None:
            raise
        positions, found = tree.source_position_tree, _values(error, component.model())
    else:
        return
    raise _error(
        {
            loc: f"{positions.lookup_closest_and_path(loc, None)[0]}: {problem}"
            for loc, problem in found.items()
        }
    ) from None


@contextmanager
def mistakes_first(folder: Path) -> Generator[None]:
    """Raise the user's mistake itself, where Dagster would show it below its own stack traces.

    Args:
        folder: with the components that the block loads.

    Raises:
        UserError: the block failed because of it.
    """
    try:
        yield
    except Exception as error:
        mistake = _mistake_in(error, folder)
        if mistake is None:
            raise
    else:
        return
    raise mistake.with_traceback(None) from None


def _mistake_in(error: BaseException, folder: Path) -> UserError | None:
    """Return the user's mistake among the causes of an error, or None if there is none."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, UserError):
            return cause
        if isinstance(cause, ValidationError) and (found := _schema(cause)):
            return found
        is_of_file = isinstance(cause, (YAMLError, CheckError))
        if is_of_file and (unreadable := _unreadable(cause, folder)):
            return unreadable
        if isinstance(cause, DagsterUnresolvableSymbolError) and (
            missing := _no_such_type(cause, folder)
        ):
            return missing
        cause = _cause(cause)
    return None


def _cause(error: BaseException) -> BaseException | None:
    """Return what an error was raised from.

    Dagster also raises errors while it handles others, which are their causes. An error of other
    code in such a place is a bug of that code, whatever it was handling.
    """
    is_dagsters = type(error).__module__.partition(".")[0].startswith("dagster")
    if error.__cause__ or error.__suppress_context__ or not is_dagsters:
        return error.__cause__
    return error.__context__


def _values(error: ValidationError | ResolutionException, model: type[BaseModel]) -> dict[Loc, str]:
    """Return what is wrong with each attribute that an error is about."""
    if isinstance(error, ValidationError):
        return _invalid(error, model, (ATTRIBUTES,))
    text = str(error)
    found = RESOLVED.search(text)
    outer = _loc(found["path"]) if found else (ATTRIBUTES,)
    # Dagster raises it `from None`, which leaves the cause as the context
    cause = error.__context__
    if isinstance(cause, ValidationError):
        return _invalid(cause, model, outer)
    if isinstance(cause, (ValueError, UserError)):
        return {outer: f"{_dotted(outer)}: {cause}"}
    marked = MARKED.search(text)
    return {outer: f"{_dotted(outer)}: {marked['problem'] if marked else text.splitlines()[-1]}"}


def _schema(error: ValidationError) -> ProjectError | None:
    """Return what Dagster finds wrong with attributes, whose places it adds to their names."""
    component = getattr(emr_ml, error.title.removesuffix("Model"), None)
    model = component.model() if component else None
    places: dict[Loc, str] = {}
    for each in error.errors():
        found = PLACED.match(str(each["loc"][0])) if each["loc"] else None
        if found is None:
            return None
        places[_of_model(_loc(found["path"]), model, each["type"])] = found["place"]
    problems = _invalid(error, model)
    return _error({loc: f"{places[loc]}: {problem}" for loc, problem in problems.items()})


def _invalid(
    error: ValidationError, model: type[BaseModel] | None, outer: Loc = ()
) -> dict[Loc, str]:
    """Return what pydantic finds wrong.

    Any attribute may be a template too. pydantic tells for each of the alternatives why it does
    not fit, and the first one is what is meant.
    """
    problems: dict[Loc, str] = {}
    for each in error.errors():
        placed = PLACED.match(str(each["loc"][0])) if each["loc"] else None
        inner = _loc(placed["path"]) if placed else each["loc"]
        loc = _of_model((*outer, *inner), model, each["type"])
        name = f"{_dotted(loc)}: " if loc else ""
        problems.setdefault(loc, f"{name}{_problem(each, loc, model)}")
    outside = {loc[:length] for loc in problems for length in range(len(loc))}
    return {loc: problem for loc, problem in problems.items() if loc not in outside}


def _problem(error: ErrorDetails, loc: Loc, model: type[BaseModel] | None) -> str:
    kind, message = error["type"], error["msg"]
    if kind == "missing":
        return "is required"
    if kind == "extra_forbidden":
        return unknown_key(str(loc[-1]), _known(model, loc[:-1]))
    if kind == "value_error":  # pydantic begins it with `Value error`
        return str(error.get("ctx", {}).get("error", message))
    expected = MAPPING if kind in {"dict_type", "model_type"} else message
    return f"{expected[:1].lower()}{expected[1:]}, not {shorten(repr(error['input']))}"


def _of_model(loc: Loc, model: type[BaseModel] | None, kind: str) -> Loc:
    """Return the attributes in a location: the other parts name alternatives of their types."""
    if model is None:
        return loc
    kept: list[str | int] = []
    for index, part in enumerate(loc):
        is_key = kind in {"missing", "extra_forbidden"} and index == len(loc) - 1
        if is_key or isinstance(part, int) or part in _known(model, tuple(kept)):
            kept.append(part)
    return tuple(kept)


def _known(model: type[BaseModel] | None, loc: Loc) -> list[str]:
    """Return the attributes that there are at a place."""
    inner = model if loc else ComponentFileModel
    for part in loc[1:]:
        field = inner.model_fields.get(str(part)) if inner else None
        alternatives = get_args(field.annotation) if field else ()
        models = [each for each in alternatives if _is_model(each)]
        inner = models[0] if models else None
    return list(inner.model_fields) if inner else []


def _is_model(alternative: Any) -> bool:
    return isinstance(alternative, type) and issubclass(alternative, BaseModel)


def _error(lines: dict[Loc, str]) -> ProjectError:
    return ProjectError("\n".join(lines.values()))


def _loc(path: str) -> Loc:
    return tuple(int(part) if part.isdecimal() else part for part in path.split(".") if part)


def _dotted(loc: Loc) -> str:
    return ".".join(str(part) for part in loc)


def _unreadable(error: BaseException, folder: Path) -> ProjectError | None:
    """Return what is wrong with a file that is not YAML, or empty; None if the error is another."""
    if isinstance(error, MarkedYAMLError) and (mark := error.problem_mark):
        problem = " ".join(filter(None, (error.problem, error.context)))
        place = f"{mark.name}:{mark.line + 1}:{mark.column + 1}"
        # a component may read other YAML by itself
        is_ours = Path(mark.name).name in FILES
        return ProjectError(f"{place}: is not YAML: {problem}") if is_ours else None
    for path in sorted(folder.rglob(DEFS)):
        try:
            documents = list(yaml.compose_all(path.read_text("utf-8", "replace"), yaml.SafeLoader))
        except YAMLError as mistake:
            return ProjectError(f"{path}: is not YAML: {' '.join(str(mistake).split())}")
        if not documents:
            return ProjectError(f"{path}: is empty: it needs `type` and `attributes`")
    return None


def _no_such_type(error: DagsterUnresolvableSymbolError, folder: Path) -> UserError | None:
    """Return what is wrong with the type of a component: Dagster does not say where it is.

    None if there is such a module, and it can't be imported.
    """
    problem, fix = str(error).rstrip("."), "`dg list components` shows what there is"
    found, cause = SYMBOL.search(problem), error.__cause__
    if found is None:
        return None
    module, name = found["module"], found["name"]
    missing = cause.name or "" if isinstance(cause, ModuleNotFoundError) else None
    if cause and (missing is None or not f"{module}.".startswith(f"{missing}.")):
        return None
    symbol = rf"{re.escape(module)}\.{re.escape(name)}\b" if name else rf"{re.escape(module)}\."
    if place := _find(re.compile(rf"^type: *['\"]?{symbol}"), folder):
        problem = f"{place}: type: {problem}"
    if module == emr_ml.__name__:
        problem += did_you_mean(name or "", [each for each in emr_ml.__all__ if each[0].isupper()])
    return ProjectError(problem, fix=fix)


def _find(pattern: re.Pattern[str], folder: Path) -> str:
    for path in sorted(folder.rglob(DEFS)):
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            if pattern.match(line):
                return f"{path}:{number}"
    return ""
