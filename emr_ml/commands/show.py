"""`emr-ml show`: all that is known of one version."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from emr_ml.commands.assets import find_place, find_version
from emr_ml.commands.completion import complete_asset, complete_version
from emr_ml.commands.context import configured_lake
from emr_ml.commands.output import (
    as_json_option,
    flat,
    heading,
    named,
    print_json,
    print_lines,
    state,
    table,
    value_text,
)
from emr_ml.lake.versions import short
from emr_ml.settings import Settings, load_settings
from emr_ml.wording import (
    duration,
    escape_control_characters,
    file_size,
    join_first,
    local_time_of,
    shorten,
)

if TYPE_CHECKING:
    from emr_ml.history.lineage import Node, Place
    from emr_ml.history.version import VersionFacts

VALUE_CHARACTERS = 60
FILES_SHOWN = 3


@click.command()
@click.argument("asset", shell_complete=complete_asset)
@click.argument("version", required=False, shell_complete=complete_version)
@as_json_option
def show(asset: str, version: str | None, *, as_json: bool) -> None:
    """Show a version of ASSET: its figures, checks, files, parameters, and what it is made from.

    ASSET is its key, such as lr_model, or shop/lr_model in a pipeline with a prefix. Of VERSION,
    the first 6 digits are enough; by default it is the current version. Checks and cost are known
    if a run of this machine's Dagster has made or used the version.
    """
    with configured_lake() as lake:
        place, found = find_version(find_place(lake, asset), version)
        facts = _facts(load_settings(), place, found)
    if as_json:
        print_json(facts.as_json())
    else:
        print_lines(_lines(facts))


def _facts(settings: Settings, place: "Place", version: str) -> "VersionFacts":
    from emr_ml.history.instance import HistoryError, open_history
    from emr_ml.history.version import describe_version

    try:
        with open_history(settings) as instance:
            return describe_version(place, version, instance)
    except HistoryError as error:
        # the lake tells most of it
        click.echo(f"checks and cost are not shown: {error}", err=True)
        return describe_version(place, version, None)


def _lines(facts: "VersionFacts") -> Iterator[str]:
    yield heading(f"{facts.place.key} {facts.version}")
    yield f"{'state':<12}{', '.join(state(word) for word in facts.state.words)}"
    for detail in facts.state.details:
        yield named("", detail)
    if facts.report:
        yield from filter(None, _summary(facts))
        yield from _figures(facts)
        yield from _checks(facts)
        yield from _parameters(facts)
    else:
        yield named("ran on", ", ".join(f"{name} {value}" for name, value in facts.state.ran))
    if facts.lineage:
        yield from ("", heading("made from" if facts.lineage.inputs else "files"))
        yield from _lineage(facts.lineage)


def _summary(facts: "VersionFacts") -> Iterator[str]:
    report = facts.report
    assert report, "it is committed"
    took = duration(sum(report.seconds.values())) if report.seconds else ""
    yield named("finished", local_time_of(report.finished) + (f", in {took}" if took else ""))
    yield named("attempt", str(report.attempt) if report.attempt > 1 else "")
    yield named("ran on", ", ".join(f"{name} {value}" for name, value in facts.state.ran))
    if facts.events and facts.events.run_id:
        yield named("run", facts.events.run_id)
    yield named("cost", _cost(facts))
    yield named("spark", report.spark or "")
    modules = f", {len(facts.modules)} modules" if facts.modules else ""
    yield named("code", f"{short(report.code)}{modules}" if report.code else "")
    yield named("rows", ", ".join(f"{count:,} {name}" for name, count in report.rows.items()))
    count, size = facts.files
    plural = "" if len(report.parts) == 1 else "s"
    parts = f" in {len(report.parts)} part{plural}" if report.parts else ""
    yield named("files", f"{count:,}{parts}, {file_size(size)}")
    yield named("path", report.path)


def _cost(facts: "VersionFacts") -> str:
    if facts.events and facts.events.cost:
        amounts = {name: value for name, value in facts.events.cost.items() if name != "cost_note"}
        texts = [f"{value:,.4f} USD" for value in amounts.values()]
        return "; ".join([*texts, *filter(None, [facts.events.cost.get("cost_note")])])
    names = {name for name, _ in facts.state.ran}
    if names == {"host"}:
        return "none: its job ran in the process of the run"
    return "not known: it is recorded by the Dagster whose run computed it" if names else ""


def _figures(facts: "VersionFacts") -> Iterator[str]:
    from emr_ml.history.figures import is_number
    from emr_ml.model_report.wording import number
    from emr_ml.ui.metadata import single_values

    assert facts.report, "it is committed"
    found = {name: value for name, value in single_values(facts.report).items() if name != "source"}
    if not found:
        return
    yield from ("", heading("figures"))
    rows = [
        (f"  {name}", number(value) if is_number(value) else value_text(value))
        for name, value in found.items()
    ]
    yield from table(rows, right=[1] if all(map(is_number, found.values())) else [])


def _checks(facts: "VersionFacts") -> Iterator[str]:
    if facts.events is None or not facts.events.checks:
        return
    yield from ("", heading("checks"))
    for check in facts.events.checks:
        word = "good" if check.passed else "bad" if check.blocking else "warn"
        text = escape_control_characters(check.description)
        yield f"  {state(word, 4)}  {check.name}{f': {text}' if text else ''}"


def _parameters(facts: "VersionFacts") -> Iterator[str]:
    assert facts.report, "it is committed"
    if not facts.report.params:
        return
    yield from ("", heading("parameters"))
    rows = [
        (f"  {name}", shorten(value_text(value), VALUE_CHARACTERS))
        for name, value in flat(facts.report.params).items()
    ]
    yield from table(rows)


def _lineage(root: "Node") -> Iterator[str]:
    for depth, node in root.walk():
        left = "  " * max(depth, 1)
        if depth:
            gone = "" if node.report else "  gone from the lake"
            yield escape_control_characters(f"{left}{node.key} {node.version}{gone}")
        if node.report and node.report.spark is None and "source" in node.report.figures:
            files = node.report.files
            names = join_first([str(each["name"]) for each in files], FILES_SHOWN)
            size = file_size(sum(int(each["size"]) for each in files))
            text = f"{names}, {size}, from {node.report.figures['source']}"
            yield named("", text, len(left) + 2, 0)
