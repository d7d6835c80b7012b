"""Which versions of an asset a lake has."""

from emr_ml.history.committed import committed_versions
from spark_jobs.runtime.lake import Lake


def test_committed_versions_are_found_by_their_first_digits(lake: Lake) -> None:
    for key in ("aab1/report.json", "aab1/attempts/1/report.json", "aac2/report.json"):
        lake.write_json(f"lr_model/{key}", {})
    lake.write_json("lr_model/aab9/claim.json", {})
    lake.write_json("lr_model/current.json", {})

    assert list(committed_versions(lake, "lr_model")) == ["aab1", "aac2"]
    assert list(committed_versions(lake, "lr_model", "aab")) == ["aab1"]
