"""`clean_lake_job`: lists what may go from the lake and, if asked to, removes it."""

import time

import dagster as dg
from pydantic import Field

from emr_ml import assets
from emr_ml.lake.champion import read_record
from emr_ml.lake.current import read_current
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import plain_failures
from emr_ml.retention.policy import Removal, Roots, removals
from emr_ml.retention.removal import remove_all
from emr_ml.retention.survey import survey
from emr_ml.settings import Settings, load_settings
from spark_jobs.runtime.lake import Lake

DAY = 86_400.0
SHOWN = 200
SCHEMA = dg.TableSchema(
    [dg.TableColumn(name) for name in ("what", "where")]
    + [dg.TableColumn(name, "int") for name in ("objects", "bytes")]
    + [dg.TableColumn("why")]
)
DEFAULTS = load_settings()


class CleanLake(dg.Config):
    """How a cleaning goes."""

    dry_run: bool = Field(True, description="list what may go, and remove nothing")
    older_than_days: float = Field(
        DEFAULTS.retention_days, ge=1, description="what was written or used since then is kept"
    )


@dg.op(tags={"kind": "retention"})
def clean_lake(
    context: dg.OpExecutionContext,
    config: CleanLake,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> None:
    """Remove what is neither current, nor a champion, nor part of these, nor young."""
    with plain_failures():
        lake, names = launcher.lake, names_of_assets()
        there = survey(lake, names)
        found = removals(
            there,
            roots_of(lake, names, settings.retention_champions),
            time.time() - config.older_than_days * DAY,
        )

        def is_root(key: str) -> bool:
            asset = key.partition("/")[0]
            return key in roots_of(lake, [asset], settings.retention_champions).keys

        gone = found if config.dry_run else list(remove_all(lake, there, found, is_root))
    verb = "may go" if config.dry_run else "removed"
    size = sum(each.size for each in gone)
    context.log.info("%s %s, %s bytes", len(gone), verb, f"{size:,}")
    context.add_output_metadata(
        {
            "dry_run": config.dry_run,
            "removed" if not config.dry_run else "removable": len(gone),
            "bytes": size,
            "list": dg.MetadataValue.table(listed(gone), SCHEMA),
        }
    )


def names_of_assets() -> list[str]:
    """The names of all assets there are."""
    found = dg.load_assets_from_package_module(assets)
    return sorted(each.key.path[-1] for each in found if isinstance(each, dg.AssetsDefinition))


def roots_of(lake: Lake, names: list[str], last_champions: int) -> Roots:
    """What is kept for its own sake, as it is now."""
    standing = {asset: current for asset in names if (current := read_current(lake, asset))}
    return Roots(standing, read_record(lake), last_champions)


def listed(found: list[Removal]) -> list[dg.TableRecord]:
    """A table of what goes first; keys of any text stay as they are in it."""
    return [
        dg.TableRecord(
            {
                "what": each.what,
                "where": each.key,
                "objects": each.objects,
                "bytes": each.size,
                "why": each.why,
            }
        )
        for each in found[:SHOWN]
    ]


@dg.job(description="What nobody needs any more goes from the lake; a dry run only lists it.")
def clean_lake_job() -> None:
    """One cleaning of the lake."""
    clean_lake()
