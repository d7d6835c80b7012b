"""What new data is compared with: the data that the champion was trained on."""

from dataclasses import dataclass

from emr_ml.lake.champion import MODEL, read_champion
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, read_report


@dataclass(frozen=True)
class Baseline:
    """The report of the champion's data set, or None and why there is none."""

    report: Report | None
    why_none: str = ""


def find_baseline(lake: Lake, asset: str) -> Baseline:
    """The version of the asset that the champion was trained on."""
    champion = read_champion(lake)
    if champion is None:
        return Baseline(None, "there is no champion yet, so there is nothing to compare with")
    model = read_report(lake, MODEL, champion.version)
    version = model.report.inputs.get(asset) if model else None
    trained_on = read_report(lake, asset, version) if version else None
    if trained_on is None:
        said = f"the data that the champion {champion.version} was trained on is gone"
        return Baseline(None, f"{said}, so there is nothing to compare with")
    return Baseline(trained_on.report)
