"""The whole AWS path on this machine: `make rehearse`.

The graph is materialized twice, here and on an emulated EMR, as a user would do it. What comes of
it must be the same, and no cluster may be left alive.
"""

import json
import logging
import math
import os
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import click

from emr_ml.project import ROOT
from emr_ml_tests.emulator.account import Account
from emr_ml_tests.emulator.cloudformation import NO_NOTION
from emr_ml_tests.emulator.record import Record
from emr_ml_tests.emulator.server import Emulator, serve
from emr_ml_tests.emulator.world import OBSERVER
from emr_ml_tests.s3_server import S3

COMMAND = str(Path(sys.executable).with_name("emr-ml"))
STACK = "rehearsal"
# a minute of AWS in three seconds: fast, but the pauses between two steps are no idle time yet
SPEED = 20.0
LONGEST_IDLE_SECONDS = 900.0  # emulated, and more than the default idle timeout
PACE = {
    "EMR_ML_FAST_POLL_SECONDS": "0.5",
    "EMR_ML_POLL_SECONDS": "1.5",
    "EMR_ML_VISIBILITY_SECONDS": "3",
    # half a minute of true time: what is between two steps takes as long as ever
    "EMR_ML_IDLE_TIMEOUT_SECONDS": "600",
}
# what a rehearsal sets itself; of AWS's variables it takes none, for they lead to a real account
OURS = (
    *("EMR_ML_DEPLOYMENT", "EMR_ML_LAKE", "EMR_ML_STACK", "EMR_ML_SAMPLE_FOLDER"),
    "DAGSTER_HOME",
)


@dataclass(frozen=True)
class Rehearsal:
    """What came of it. `local` and `emr` are the figures of the two runs, empty if one failed.

    `rights` are the actions that the stack's policies allow the launcher, each with what it is
    allowed on. `left` is what the stack left behind.
    """

    local: Mapping[str, Any]
    emr: Mapping[str, Any]
    calls: Record
    timeline: str
    alive: tuple[str, ...]
    rights: tuple[tuple[str, str], ...] = ()
    left: tuple[str, ...] = ()

    @property
    def different(self) -> list[str]:
        """The figures that are not the same."""
        names = sorted({*self.local, *self.emr})
        return [name for name in names if not same(self.local.get(name), self.emr.get(name))]

    @property
    def passed(self) -> bool:
        good = bool(self.local and self.emr) and not self.different
        return good and not self.alive and not self.left


def rehearse(folder: Path) -> Rehearsal:
    """Run the graph here and on an emulated EMR; everything is kept in that folder."""
    heading("on this machine")
    here = environment(folder, "local", EMR_ML_LAKE=str(folder / "lake"))
    local = figures_in(folder / "lake") if emr_ml(here, "run") else {}
    with serve(folder / "nodes", speed=SPEED, spark="real", default_roles=False) as aws:
        heading(f"on an emulated AWS at {aws.url}, {SPEED:.0f} times as fast as the true one")
        # nothing but the stack is named: it gives all the rest
        there = environment(folder, "emr", EMR_ML_STACK=STACK) | PACE | aws.environment()
        owner = there | {"AWS_ACCESS_KEY_ID": OBSERVER, "AWS_SECRET_ACCESS_KEY": OBSERVER}
        # the nodes are this machine, and reach the package index as it does
        up = emr_ml(owner, "up", "--yes", "--nat", "yes")
        account = Account(aws.client)
        emr = figures_in_bucket(account.lake(STACK)) if up and emr_ml(there, "run") else {}
        wait_for_the_end(aws)
        alive = tuple(cluster.id for cluster in aws.alive)
        rights = tuple(account.rights(STACK)) if up else ()
        heading("the stack goes")
        emr_ml(owner, "down", "--yes")
        return Rehearsal(
            local, emr, aws.calls, aws.timeline(), alive, rights, tuple(account.left())
        )


def environment(folder: Path, name: str, **ours: str) -> dict[str, str]:
    """The caller's variables, but with a lake and a history of the rehearsal's own."""
    home = folder / f"{name}_home"
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in OURS and not name.startswith("AWS_")
    }
    return kept | {
        "DAGSTER_HOME": str(home),
        "EMR_ML_SAMPLE_FOLDER": str(folder / "sample"),
        "EMR_ML_WARM": "0",
        **ours,
    }


def emr_ml(env: Mapping[str, str], *args: str) -> bool:
    """The command, with its output shown as it comes; whether it is green."""
    return subprocess.run([COMMAND, *args], env=dict(env), cwd=ROOT, check=False).returncode == 0


def figures_in(lake: Path) -> dict[str, Any]:
    """The figures of the model, with numbers only."""
    version = json.loads((lake / "metrics" / "current.json").read_text())["version"]
    report = json.loads((lake / "metrics" / version / "report.json").read_text())
    return numbers(report["figures"])


def figures_in_bucket(lake: S3) -> dict[str, Any]:
    """The same of a lake in the emulated S3."""

    def read(key: str) -> dict[str, Any]:
        answer = lake.client.get_object(Bucket=lake.bucket, Key=f"lake/metrics/{key}")
        return json.loads(answer["Body"].read())

    return numbers(read(f"{read('current.json')['version']}/report.json")["figures"])


def numbers(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in figures.items()
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool))
    }


def same(one: float | None, other: float | None) -> bool:
    """Equal, but for the order in which Spark adds."""
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9)


def wait_for_the_end(aws: Emulator) -> None:
    """Until the last cluster has ended by itself, or should have."""
    ends = time.monotonic() + aws.clock.real(LONGEST_IDLE_SECONDS)
    while aws.alive and time.monotonic() < ends:
        time.sleep(0.1)


def heading(text: str) -> None:
    click.secho(f"\n== {text}\n", bold=True)


def show(rehearsal: Rehearsal) -> None:
    """The timeline, and the figures of both runs side by side."""
    heading("clusters and steps")
    click.echo(rehearsal.timeline)
    heading("metrics")
    click.echo(f"{'':<20}{'here':>12}{'on EMR':>12}")
    for name in sorted({*rehearsal.local, *rehearsal.emr}):
        mark = "  differs" if name in rehearsal.different else ""
        values = [rehearsal.local.get(name), rehearsal.emr.get(name)]
        click.echo(f"{name:<20}{''.join(f'{shown(value):>12}' for value in values)}{mark}")
    click.echo()
    for cluster in rehearsal.alive:
        click.echo(f"{cluster} is alive past its idle timeout")
    for what in rehearsal.left:
        click.echo(f"{what} is left of the stack")
    if rehearsal.passed:
        click.echo("passed: both runs are green, and their metrics are the same")
    else:
        click.echo("FAILED: see above")


def shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def main() -> None:
    """Exits with 0 only if both runs are green and agree; keeps its folder if they do not."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # of what moto has no notion, such as budgets, the stack goes without
    logging.getLogger("moto").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", NO_NOTION)
    below = ROOT / ".dagster"
    below.mkdir(exist_ok=True)
    folder = Path(mkdtemp(prefix="rehearsal-", dir=below))
    rehearsal = rehearse(folder)
    show(rehearsal)
    if not rehearsal.passed:
        click.echo(f"what was written is kept in {folder}")
        sys.exit(1)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
