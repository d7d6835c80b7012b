"""An exported model in the lake, as a version of `exported_model`."""

import time
from pathlib import Path

from emr_ml.export.bundle import bundled_scorer
from emr_ml.lake.champion import MODEL
from emr_ml.lake.usage import mark_used
from emr_ml.lake.versions import digest
from emr_ml.launchers.base import Outcome
from spark_jobs.runtime.attempt import now
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, attempt_key, commit, read_report

ASSET = "exported_model"


def commit_export(lake: Lake, model: str) -> Outcome:
    """Commit the export of a version of `lr_model`, unless it is committed.

    Raises:
        JobError: the model can't be exported.
    """
    started, clock = now(), time.perf_counter()
    code = _code_digest()
    version = digest({"asset": ASSET, "inputs": {MODEL: model}, "code": code})
    mark_used(lake, f"{ASSET}/{version}")
    if report := read_report(lake, ASSET, version):
        return Outcome(report, reused=True)
    # numpy takes long to import, and a reused version does not need it
    from emr_ml.export.model_file import exported_files

    folder = attempt_key(ASSET, version, 1)
    exported = exported_files(lake, model)
    # another process may write the same files at the same time
    for name, body in exported.items():
        lake.write(f"{folder}/{name}", body)
    report = Report(
        asset=ASSET,
        version=version,
        attempt=1,
        path=lake.uri(folder),
        files=[{"name": name, "size": len(body)} for name, body in exported.items()],
        inputs={MODEL: model},
        params={},
        code=code,
        spark=None,
        rows={},
        figures={},
        seconds={"export": round(time.perf_counter() - clock, 3)},
        started=started,
        finished=now(),
    )
    return Outcome(commit(lake, report), reused=False)


def _code_digest() -> str:
    """Return 32 hex digits that change with the code of the export, and with `scorer.py`.

    What this imports from elsewhere is left out: it includes most of the project.
    """
    folder = Path(__file__).parent
    modules = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.py")}
    sources = {name: path.read_text("utf-8") for name, path in modules.items()}
    return digest({**sources, "scorer.py": bundled_scorer()})
