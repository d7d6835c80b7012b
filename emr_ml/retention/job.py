"""`clean_lake_job`: lists the garbage in the lake, and removes it if asked to."""

import time

import dagster as dg
from pydantic import Field

from emr_ml import assets
from emr_ml.lake.champion import read_record
from emr_ml.lake.current import read_current
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import errors_as_failures
from emr_ml.retention.garbage import Garbage, Roots, find_garbage
from emr_ml.retention.inventory import take_inventory
from emr_ml.retention.sweep import sweep
from emr_ml.settings import Settings, load_settings
from spark_jobs.runtime.lake import Lake

SECONDS_PER_DAY = 86_400.0
ROWS_SHOWN = 200
TABLE_SCHEMA = dg.TableSchema(
    [dg.TableColumn(name) for name in ("what", "where")]
    + [dg.TableColumn(name, "int") for name in ("objects", "bytes")]
    + [dg.TableColumn("why")]
)
DEFAULTS = load_settings()


class CleanLake(dg.Config):
    """What a clean-up removes."""

    dry_run: bool = Field(True, description="list what may be removed, and remove nothing")
    older_than_days: float = Field(
        DEFAULTS.retention_days, ge=1, description="keep what was written or used since then"
    )


@dg.op(tags={"kind": "retention"})
def clean_lake(
    context: dg.OpExecutionContext,
    config: CleanLake,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> None:
    """Remove old versions, except current ones, champions, and the inputs of both."""
    lake = launcher.lake
    with errors_as_failures(lake):
        names = asset_names()
        inventory = take_inventory(lake, names)
        garbage = find_garbage(
            inventory,
            read_roots(lake, names, settings.retention_champions),
            time.time() - config.older_than_days * SECONDS_PER_DAY,
        )

        def is_root(key: str) -> bool:
            asset = key.partition("/")[0]
            return key in read_roots(lake, [asset], settings.retention_champions).keys

        if not config.dry_run:
            garbage = list(sweep(lake, inventory, garbage, is_root))
    size = sum(each.size for each in garbage)
    action = "may be removed" if config.dry_run else "removed"
    context.log.info("%s %s, %s bytes", len(garbage), action, f"{size:,}")
    context.add_output_metadata(
        {
            "dry_run": config.dry_run,
            "removable" if config.dry_run else "removed": len(garbage),
            "bytes": size,
            "list": dg.MetadataValue.table(table_records(garbage), TABLE_SCHEMA),
        }
    )


def asset_names() -> list[str]:
    """Return the names of all assets."""
    definitions = dg.load_assets_from_package_module(assets)
    return sorted(
        each.key.path[-1] for each in definitions if isinstance(each, dg.AssetsDefinition)
    )


def read_roots(lake: Lake, names: list[str], last_champions: int) -> Roots:
    """Return the roots as they are now."""
    current = {asset: version for asset in names if (version := read_current(lake, asset))}
    return Roots(current, read_record(lake), last_champions)


def table_records(garbage: list[Garbage]) -> list[dg.TableRecord]:
    """Return the first items as rows of a table, which shows keys of any text as they are."""
    return [
        dg.TableRecord(
            {
                "what": each.kind,
                "where": each.key,
                "objects": each.objects,
                "bytes": each.size,
                "why": each.reason,
            }
        )
        for each in garbage[:ROWS_SHOWN]
    ]


@dg.job(description="Removes garbage from the lake; a dry run only lists it.")
def clean_lake_job() -> None:
    """Clean the lake once."""
    clean_lake()
