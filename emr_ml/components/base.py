"""What all components share: texts that stay texts, paths, and mistakes with file and line."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Self

import dagster as dg
from dagster.components.core.decl import YamlDecl
from pydantic import AfterValidator

from emr_ml.errors import UserError
from emr_ml.mistakes import ProjectError, located_attributes
from emr_ml.settings import Deployment, load_settings
from emr_ml.wording import did_you_mean

PREFIXES = "_emr_ml_prefixes"
# the folders of the lake that all pipelines share: launchers, doctor and Dagster's logs use them
SHARED_FOLDERS = frozenset(
    (
        *("applications", "bootstrap", "clusters", "code", "dagster", "doctor", "logs"),
        *("mlflow", "packages", "wheelhouse"),
    )
)


def text(context: dg.ResolutionContext, value: str | None) -> str | None:
    """Resolve a text. It stays one if it looks like a number; an unset variable alone is None.

    Raises:
        ValueError: a variable within a longer text is not set.
    """
    if value is None or "{" not in str(value):
        return None if value is None else str(value)
    resolved: Any = context.resolve_value(value)
    if isinstance(resolved, str) and "None" in resolved and "None" not in value:
        raise ValueError(f"{value} becomes {resolved!r}: a variable in it is not set")
    return None if resolved is None else str(resolved)


def texts(context: dg.ResolutionContext, value: Any) -> list[str]:
    """Resolve a list of texts; a single one is a list of one."""
    if isinstance(value, str):
        resolved: Any = context.resolve_value(value) if "{" in value else value
        value = [resolved] if isinstance(resolved, (str, int)) else resolved
    return [str(text(context.at_path(index), each)) for index, each in enumerate(value)]


def path(context: dg.ResolutionContext, value: str | None) -> str | None:
    """Resolve a path, relative to the file that names it, or an `s3://` address.

    Raises:
        ValueError: there is no such file.
    """
    address = text(context, value)
    if address is None or "://" in address:
        return address
    found = context.resolve_source_relative_path(address)
    # what a variable names is missed when it is read: the mistake is not in this file
    if "{" not in str(value) and not found.exists():
        raise ValueError(f"{found} does not exist: paths are relative to the folder of this file")
    return str(found)


def address(context: dg.ResolutionContext, value: str | None) -> str | None:
    """Resolve a source, which need not exist yet: a path as in `path`, or an `s3://` address."""
    source = text(context, value)
    if source is None or "://" in source:
        return source
    # normalized, so that the same files have the same address in messages and links
    return os.path.normpath(context.resolve_source_relative_path(source))


def described(description: str, resolve: Any = None, of: Any = None, **schema: Any) -> dg.Resolver:
    """Return a resolver with a description, which editors and `dg` show.

    Args:
        description: of the attribute. That of a pydantic Field is lost beside a default.
        resolve: makes the value from what is in the file; None for Dagster's own way.
        of: type of what is in the file.
        **schema: further keys of the JSON schema. Bounds belong here: in a Field, they fail for
            every template.
    """
    extra = schema or None
    if resolve is None:
        return dg.Resolver.default(description=description, json_schema_extra=extra)
    # otherwise Dagster would turn the text '2024' into a number first
    return dg.Resolver(
        resolve,
        model_field_type=of,
        description=description,
        json_schema_extra=extra,
        inject_before_resolve=False,
    )


def check_folder_name(value: str) -> str:
    """Return what names a folder of the lake, as the first part of an asset's key does.

    Raises:
        ValueError: it has other characters, or is the name of a folder that all pipelines share.
    """
    check_characters(value)
    if value in SHARED_FOLDERS:
        raise ValueError(f"{value!r} is a folder that all pipelines share: choose another")
    return value


def check_characters(value: str) -> None:
    """Raise ValueError for a part of a key with other characters than keys may have."""
    if not value.replace("_", "").replace("-", "").isalnum():
        raise ValueError(f"{value!r} may contain only letters, digits, - and _")


def check_positive(value: float | None) -> float | None:
    """Return a number that is above 0, or None.

    Raises:
        ValueError: it is 0 or less.
    """
    if value is not None and value <= 0:
        raise ValueError("must be more than 0")
    return value


def _check_deployment(value: str | None) -> str | None:
    known = [each.value for each in Deployment if not each.runs_here]
    if value is not None and value not in known:
        hint = did_you_mean(value, known)
        raise ValueError(f"should be {' or '.join(known)}, not {value!r}{hint}")
    return value


#: an attribute: where jobs of the component run
OwnDeployment = Annotated[
    str | None,
    described("where its jobs run, if not where EMR_ML_DEPLOYMENT says", text, str | None),
    AfterValidator(_check_deployment),
]


def own_deployment(value: str | None) -> Deployment | None:
    """Return the deployment that the attribute names."""
    return Deployment(value) if value else None


class LocatedComponent(dg.Component, dg.Model, dg.Resolvable):
    """A component that reports mistakes with file and line, even those that only values show."""

    @classmethod
    def load(cls, attributes: Any, context: dg.ComponentLoadContext) -> Self:
        with located_attributes(context, cls):
            return super().load(attributes, context)

    @classmethod
    def get_additional_scope(cls) -> Mapping[str, Any]:
        """Let templates read the settings, as in `{{ settings.source }}`."""
        return {"settings": load_settings()}


def position(context: dg.ComponentLoadContext | None) -> str:
    """Return file and line of the component that is loaded, "" if it is built in Python."""
    decl = context.component_decl if context else None
    if not isinstance(decl, YamlDecl) or decl.source_tree is None:
        return ""
    return str(decl.source_tree.source_position_tree.position)


@contextmanager
def located_errors(context: dg.ComponentLoadContext | None) -> Generator[None]:
    """Put file and line of the component before errors of the user in the block."""
    try:
        yield
    except UserError as error:
        if place := position(context):
            raise UserError(f"{place}: {error.problem}", fix=error.fix) from error
        raise


def claim_prefix(context: dg.ComponentLoadContext | None, prefix: tuple[str, ...]) -> None:
    """Note that a component uses a key prefix.

    Raises:
        ProjectError: another one uses it; names both files.
    """
    place = position(context)
    if context is None or not place:
        return
    # names of jobs and sensors are joined by underscores, so [a, b] and [a_b] would collide
    name = "_".join(prefix).replace("-", "_")
    taken: dict[str, tuple[str, tuple[str, ...]]] = vars(context.component_tree).setdefault(
        PREFIXES, {}
    )
    other, others_prefix = taken.setdefault(name, (place, prefix))
    if other == place:
        return
    if others_prefix == prefix:
        problem = f"have the same key_prefix, {'/'.join(prefix) or 'none'}"
    else:
        both = f"{'/'.join(others_prefix)} and {'/'.join(prefix)}"
        problem = f"have key prefixes, {both}, that both name their jobs {name}_…"
    raise ProjectError(f"{other} and {place} {problem}", fix="give each pipeline its own")
