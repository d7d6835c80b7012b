"""`clean_lake_job`: lists the garbage in the lake, and removes it if asked to."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import dagster as dg
from pydantic import Field

from emr_ml.assets.catalogue import RETENTION_CHAMPIONS, metadata_of
from emr_ml.lake.champion import read_record
from emr_ml.lake.current import read_current
from emr_ml.launchers.base import Launcher
from emr_ml.retention.garbage import Garbage, Roots, find_garbage, reachable
from emr_ml.retention.inventory import take_inventory
from emr_ml.retention.sweep import sweep
from emr_ml.settings import Settings
from emr_ml.ui.failures import errors_as_failures
from spark_jobs.runtime.lake import Lake

SECONDS_PER_DAY = 86_400.0
ROWS_SHOWN = 200
TABLE_SCHEMA = dg.TableSchema(
    [dg.TableColumn(name) for name in ("what", "where")]
    + [dg.TableColumn(name, "int") for name in ("objects", "bytes")]
    + [dg.TableColumn("why")]
)


@dataclass(frozen=True)
class StoredAssets:
    """The assets that share a folder of the lake.

    Args:
        folder: path of the folder, "" for the lake itself.
        names: of the assets.
        champions: number of latest champions to keep.
    """

    folder: str
    names: tuple[str, ...]
    champions: int

    def lake(self, base: Lake) -> Lake:
        return base.below(self.folder) if self.folder else base


def stored_assets(assets: Iterable[dg.AssetsDefinition], champions: int) -> list[StoredAssets]:
    """Group assets by the folder of their key; that of the lake itself comes first.

    Args:
        assets: all that the lake has versions of.
        champions: number of latest champions to keep where an asset does not tell.
    """
    names = defaultdict[str, list[str]](list)
    kept: dict[str, int] = {}
    for key, metadata in metadata_of(assets):
        *prefix, name = key.path
        folder = "/".join(prefix)
        names[folder].append(name)
        if (number := metadata.get(RETENTION_CHAMPIONS)) is not None:
            kept[folder] = number
    return [
        StoredAssets(folder, tuple(sorted(names[folder])), kept.get(folder, champions))
        for folder in sorted(names)
    ]


def make_clean_lake_job(stored: Sequence[StoredAssets], settings: Settings) -> dg.JobDefinition:
    """Return the job that cleans the lake of all these assets."""

    class CleanLake(dg.Config):
        """What a clean-up removes."""

        dry_run: bool = Field(True, description="list what may be removed, and remove nothing")
        older_than_days: float = Field(
            settings.retention_days, ge=1, description="keep what was written or used since then"
        )

    @dg.op(tags={"kind": "retention"})
    def clean_lake(
        context: dg.OpExecutionContext, config: CleanLake, launcher: dg.ResourceParam[Launcher]
    ) -> None:
        """Remove old versions, except current ones, champions, and the inputs of both."""
        before = time.time() - config.older_than_days * SECONDS_PER_DAY
        with errors_as_failures(launcher.lake):
            garbage = list(find_all_garbage(launcher.lake, stored, before, dry_run=config.dry_run))
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

    @dg.job(description="Removes garbage from the lake; a dry run only lists it.")
    def clean_lake_job() -> None:
        """Clean the lake once."""
        clean_lake()

    return clean_lake_job


def find_all_garbage(
    base: Lake, stored: Sequence[StoredAssets], used_before: float, *, dry_run: bool
) -> Iterator[Garbage]:
    """Yield what may be removed of each folder, or, unless `dry_run`, what was removed.

    Assets of the lake itself may be computed from those in folders. So they come first, and what
    they need is kept.
    """
    needed: set[str] = set()
    for each in stored:
        lake = each.lake(base)
        prefix = f"{each.folder}/"
        own = {key.removeprefix(prefix) for key in needed if key.startswith(prefix)}
        inventory = take_inventory(lake, each.names)
        roots = read_roots(lake, each.names, each.champions)
        garbage = find_garbage(inventory, roots, used_before, own & inventory.versions.keys())
        removed = {item.key for item in garbage}
        if not each.folder:
            needed = reachable(inventory, inventory.versions.keys() - removed)

        def is_root(key: str, lake: Lake = lake, champions: int = each.champions) -> bool:
            asset = key.partition("/")[0]
            return key in read_roots(lake, [asset], champions).keys

        found = garbage if dry_run else sweep(lake, inventory, garbage, is_root)
        yield from (replace(item, key=f"{each.folder}/{item.key}".strip("/")) for item in found)


def read_roots(lake: Lake, names: Sequence[str], last_champions: int) -> Roots:
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
