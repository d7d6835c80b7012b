"""`emr-ml diff`: what differs between two versions, and what that did to the figures."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from emr_ml.commands.assets import find_named
from emr_ml.commands.context import configured_lake
from emr_ml.commands.output import (
    as_json_option,
    heading,
    named,
    print_json,
    print_lines,
    state,
    table,
    value_text,
)
from emr_ml.errors import UserError
from emr_ml.lake.champion import METRICS, MODEL
from emr_ml.lake.versions import short
from emr_ml.wording import escape_control_characters, join_first, shorten
from spark_jobs.runtime.report import Report

if TYPE_CHECKING:
    from emr_ml.history.differences import Change, Difference, Names
    from emr_ml.history.figures import ComparedFigure
    from emr_ml.history.lineage import Place

VALUE_CHARACTERS = 100
NAMES_SHOWN = 12
WIDTH = 12
DATA_SET = "processed_dataset"
CAUSES = ("code", "contract", "parameters", "spark", "inputs")


@click.command()
@click.argument("a")
@click.argument("b")
@as_json_option
def diff(a: str, b: str, *, as_json: bool) -> None:
    """Show what differs between versions A and B of one asset, and what that did to the figures.

    Each is given by its first digits, at least 6. If several assets have such a version, put the
    asset in front, as in lr_model/8f5568. An asset alone is its current version. What differs may
    be code, contract, parameters, Spark, or data: then the difference of the inputs is shown, too.
    """
    from emr_ml.history.differences import find_difference

    with configured_lake() as lake:
        (place, first), (other, second) = find_named(lake, a), find_named(lake, b)
        if place.key != other.key:
            raise UserError(
                f"{a} is a version of {place.key}, and {b} of {other.key}",
                fix="compare two versions of one asset",
            )
        if first == second:
            raise UserError(
                f"{a} and {b} are the same version, {place.key}/{first}",
                fix=f"list the versions with `emr-ml versions {place.key}`",
            )
        reports = _committed(place, first), _committed(place, second)
        difference = find_difference(place, *reports)
        figures = list(_figures(place, *reports))
    if as_json:
        print_json(_as_json(difference, figures))
    else:
        print_lines(_lines(difference))
        for name, versions, compared in figures:
            print_lines(_figure_lines(name, versions, compared))
        if figures and not _same_data(difference):
            print_lines(["", "the data sets differ, so the figures may be of other test rows"])
        if place.asset in (MODEL, METRICS):
            option = f" --pipeline {place.folder}" if place.folder else ""
            command = f"emr-ml report {short(first)} {short(second)}{option}"
            print_lines(["", f"curves side by side: `{command}`"])


def _same_data(difference: "Difference") -> bool:
    return not any(each.key.split("/")[-1] == DATA_SET for each in difference.walk())


def _committed(place: "Place", version: str) -> Report:
    report = place.report(version)
    if report is None:
        raise UserError(
            f"{place.key} {version} is not committed, so it has no figures",
            fix=f"see `emr-ml show {place.key} {short(version)}`",
        )
    return report


def _figures(
    place: "Place", first: Report, second: Report
) -> "Iterator[tuple[str, tuple[str, str], list[ComparedFigure]]]":
    """Yield an asset, two of its versions and their figures; of a model, also its metrics."""
    from emr_ml.history.committed import metrics_of
    from emr_ml.history.figures import compare_figures

    if place.asset == MODEL:
        measured = [metrics_of(place.lake, each.version) for each in (first, second)]
        if measured[0] and measured[1]:
            versions = measured[0].version, measured[1].version
            key = place.of_input(METRICS).key
            yield key, versions, compare_figures(measured[0], measured[1])
    compared = compare_figures(first, second)
    if compared:
        yield place.key, (first.version, second.version), compared


def _lines(difference: "Difference") -> Iterator[str]:
    for number, each in enumerate(difference.walk()):
        if number:
            yield ""
        key = escape_control_characters(each.key)
        yield heading(f"{key}  {_digits(each.first)} -> {_digits(each.second)}")
        yield from filter(None, _differing(each))


def _differing(each: "Difference") -> Iterator[str]:
    """Yield lines for each thing that differs, and one that says what does not."""
    spark = [each.spark] if each.spark else []
    parts = {
        "code": _named_lines("code", each.code),
        "contract": _change_lines("contract", each.contract),
        "parameters": _change_lines("parameters", each.params),
        "spark": _change_lines("spark", spark),
        "inputs": _change_lines("inputs", each.inputs, digits=True),
        "files": _named_lines("files", each.files),
        "rows": _change_lines("rows", each.rows),
    }
    lines = {name: list(found) for name, found in parts.items()}
    for found in lines.values():
        yield from found
    if not any(lines.values()):
        # of a snapshot, these are part of the version, but not of its report
        yield _line("contract", "`format`, `dialect` or `header_case` differ")
    else:
        yield _line("the same", ", ".join(name for name in CAUSES if not lines[name]))


def _change_lines(
    name: str, changes: "Iterable[Change] | None", *, digits: bool = False
) -> Iterator[str]:
    if changes is None:
        yield _line(name, "not known: the request of one of the two is gone from the lake")
    for each in changes or ():
        first, second = (_digits(v) if digits else _text(v) for v in (each.first, each.second))
        prefix = "" if name == each.path else f"{each.path}: "
        yield _line(name, f"{prefix}{first} -> {second}")
        name = ""


def _named_lines(name: str, names: "Names | None") -> Iterator[str]:
    if names is None:
        yield _line(name, "differs, but the modules of one of the two are not recorded")
        return
    for word, found in (
        ("changed", names.changed),
        ("added", names.added),
        ("removed", names.removed),
    ):
        if found:
            yield _line(name, f"{word}: {join_first(found, NAMES_SHOWN)}")
            name = ""


def _line(name: str, text: str) -> str:
    return named(name, text, 2, WIDTH)


def _figure_lines(
    name: str, versions: tuple[str, str], figures: "list[ComparedFigure]"
) -> Iterator[str]:
    from emr_ml.history.figures import is_number
    from emr_ml.model_report.wording import number

    yield ""
    rows = [(f"figures of {name}", _digits(versions[0]), _digits(versions[1]), "difference")]
    for each in figures:
        first, second = (number(v) if is_number(v) else _text(v) for v in (each.first, each.second))
        sign = "+" if each.difference and each.difference > 0 else ""
        change = "" if each.difference is None else f"{sign}{number(each.difference)}"
        if each.difference is None and each.first != each.second:
            change = "differs"
        rows.append((f"  {each.name}", first, second, change if each.difference != 0 else "0"))
    lines = table(rows, right=(1, 2, 3))
    yield heading(lines[0])
    for line, each in zip(lines[1:], figures, strict=True):
        chance = ", maybe by chance" if each.overlaps else ""
        yield f"{line}  {state(each.verdict)}{chance}" if each.verdict else line


def _digits(version: Any) -> str:
    return escape_control_characters(short(str(version)))


def _text(value: Any) -> str:
    return shorten("(none)" if value is None else value_text(value), VALUE_CHARACTERS)


def _as_json(
    difference: "Difference",
    figures: "list[tuple[str, tuple[str, str], list[ComparedFigure]]]",
) -> dict[str, Any]:
    return {
        "same_data": _same_data(difference),
        "differences": [_difference_json(each) for each in difference.walk()],
        "figures": [
            {
                "asset": name,
                "a": versions[0],
                "b": versions[1],
                "figures": [
                    {
                        "name": each.name,
                        "a": each.first,
                        "b": each.second,
                        "difference": each.difference,
                        "verdict": each.verdict or None,
                        "intervals_overlap": each.overlaps,
                    }
                    for each in compared
                ],
            }
            for name, versions, compared in figures
        ],
    }


def _difference_json(each: "Difference") -> dict[str, Any]:
    return {
        "asset": each.key,
        "a": each.first,
        "b": each.second,
        "code": vars(each.code) if each.code is not None else None,
        "contract": None if each.contract is None else [*map(_change_json, each.contract)],
        "parameters": [*map(_change_json, each.params)],
        "spark": _change_json(each.spark) if each.spark else None,
        "inputs": [*map(_change_json, each.inputs)],
        "files": vars(each.files),
        "rows": [*map(_change_json, each.rows)],
    }


def _change_json(change: "Change") -> dict[str, Any]:
    """Return a change; a value that one of the two does not have is left out."""
    from emr_ml.history.differences import ABSENT

    values = {"a": change.first, "b": change.second}
    return {"path": change.path, **{key: each for key, each in values.items() if each != ABSENT}}
