"""The warm JVM of a machine: one run after the other uses it, and then it ends."""

import logging
import multiprocessing
import os
import signal
import stat
import tempfile
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner
from py4j.clientserver import ClientServer, JavaParameters, PythonParameters
from pyspark import SparkContext

from emr_ml.commands.stop import stop
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.local import LocalLauncher
from emr_ml.launchers.local_session import LocalSession
from emr_ml.launchers.local_spark import JAVA_OPTIONS, DataSize
from emr_ml.warm.channel import WarmError, own_folder
from emr_ml.warm.client import Attachment, Gateway, holder_state
from emr_ml.warm.jvm_spec import JvmSpec
from emr_ml_tests.launchers.sales_work import sales_work
from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.lake import open_lake
from spark_jobs.runtime.report import job_key

pytestmark = pytest.mark.process

LOG = logging.getLogger("test")
SPAWN = multiprocessing.get_context("spawn")
JAVA = {
    "spark.driver.memory": "512m",
    "spark.driver.extraJavaOptions": JAVA_OPTIONS[DataSize.SMALL],
}


def start_session() -> tuple[int, str, int]:
    """Start Spark as a run does; return the port and the secret of its warm JVM, and its id."""
    session = LocalSession({}, on_s3=False, size=DataSize.SMALL, warm_seconds=600.0)
    session.prepare([])
    session.start(LOG)
    context: Any = SparkContext
    parameters = context._gateway.gateway_parameters
    return parameters.port, parameters.auth_token, (holder_state() or {})["java"]


def session_elsewhere() -> tuple[int, str, int]:
    """The same in a process of its own, which has ended and given Java back."""
    with ProcessPoolExecutor(1, SPAWN) as pool:
        started = pool.submit(start_session).result()
    wait_until(is_free)
    return started


@pytest.fixture(scope="module", autouse=True)
def fixture_folder() -> Generator[Path]:
    """A place for the socket that no other run on this machine looks into."""
    with (
        tempfile.TemporaryDirectory(prefix="warm-") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)
        holder_state(end=True)


def attach(digest: str = "fits", idle_seconds: float = 600.0) -> Gateway:
    spec = JvmSpec(JAVA, {**os.environ}, str(Path.cwd()), digest)
    return Attachment(spec, idle_seconds, lambda: None).wait()


def is_free() -> bool:
    state = holder_state()
    return state is not None and state["run"] is None


def give_back(gateway: Gateway) -> None:
    """What the kernel does when the process of a run ends."""
    gateway.connection.close()
    wait_until(is_free)


def is_alive(java: int) -> bool:
    return psutil.pid_exists(java) and psutil.Process(java).status() != psutil.STATUS_ZOMBIE


def launch(folder: str, lake: str) -> dict[str, Any]:
    """Compute a version as a run does; it needs a process of its own, as a run has one."""
    launcher = LocalLauncher(
        open_lake(lake), 0.05, {}, on_s3=False, size=DataSize.SMALL, warm_seconds=600.0
    )
    report = launcher.launch(sales_work(Path(folder)), LOG).report
    return {"rows": report.rows, "attempt": report.attempt, "version": report.version}


def launch_elsewhere(folder: Path, lake: Path) -> dict[str, Any]:
    with ProcessPoolExecutor(1, SPAWN) as pool:
        return pool.submit(launch, str(folder), str(lake)).result()


def failure(folder: str, lake: str) -> str:
    with pytest.raises(LaunchError) as failed:
        launch(folder, lake)
    return str(failed.value)


def test_the_second_run_uses_the_java_of_the_first() -> None:
    first = attach()
    give_back(first)
    second = attach()
    give_back(second)

    assert first.java == second.java


def test_while_one_run_uses_it_another_is_told_which_and_starts_its_own() -> None:
    gateway = attach()

    with pytest.raises(WarmError, match=f"process {os.getpid()} uses it"):
        attach()
    give_back(gateway)


def test_only_its_owner_can_reach_it_and_no_argument_has_the_secret() -> None:
    gateway = attach()
    folder, java = own_folder(), psutil.Process(gateway.java)
    family = [java, *java.parents()[:1]]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    listening = {each.laddr.ip for each in java.net_connections() if each.status == "LISTEN"}
    give_back(gateway)

    assert modes.pop(folder.name) == 0o700
    assert set(modes.values()) == {0o600}
    assert listening <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}
    assert not any(gateway.secret in " ".join(each.cmdline()) for each in family)
    assert not any(gateway.secret in path.read_text() for path in folder.glob("*.log"))


def test_its_state_is_known_whenever_one_asks() -> None:
    give_back(attach())

    assert all(holder_state() for _ in range(300))


def test_a_folder_that_others_can_enter_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "emr_ml").mkdir(mode=0o755)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))

    with pytest.raises(WarmError, match=r"others can enter .*: run `chmod 700"):
        attach()


def test_a_runtime_folder_that_is_not_absolute_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "run")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    assert own_folder() == tmp_path / ".cache" / "emr_ml"
    assert not Path("run").exists()


def test_a_run_that_needs_another_java_replaces_it() -> None:
    before = attach()
    give_back(before)
    after = attach("of another release")
    give_back(after)

    assert after.java != before.java
    wait_until(lambda: not is_alive(before.java))


def test_a_java_that_died_is_replaced() -> None:
    before = attach()
    psutil.Process(before.java).kill()
    wait_until(lambda: holder_state() is None)
    after = attach()
    give_back(after)

    assert after.java != before.java


def test_it_ends_after_some_time_without_a_run() -> None:
    gateway = attach(idle_seconds=0.1)
    gateway.connection.close()

    wait_until(lambda: holder_state() is None)
    wait_until(lambda: not is_alive(gateway.java))


def test_stop_ends_it_at_once_or_with_the_run_that_uses_it() -> None:
    gateway = attach()
    while_used = CliRunner().invoke(stop).output
    alive = is_alive(gateway.java)
    gateway.connection.close()
    wait_until(lambda: not is_alive(gateway.java))
    give_back(again := attach())

    assert f"process {os.getpid()} uses the warm Spark" in while_used
    assert alive
    assert f"has ended, process {again.java}" in CliRunner().invoke(stop).output
    assert not is_alive(again.java)
    assert CliRunner().invoke(stop).output == "no Spark is kept warm on this machine\n"


def test_a_jvm_that_does_not_start_is_not_lent() -> None:
    spec = JvmSpec({"spark.driver.memory": "nonsense"}, {**os.environ}, "/", "broken")

    with pytest.raises(WarmError, match="Java did not start"):
        Attachment(spec, 600.0, lambda: None).wait()


@pytest.mark.parametrize(
    ("changes", "uri", "wanted"),
    [
        ({}, "/data.csv", True),
        ({"warm_seconds": None}, "/data.csv", False),
        ({"user_conf": {"spark.hadoop.a.password": "secret"}}, "/data.csv", False),
        ({"on_s3": True}, "/data.csv", False),
        ({}, "s3://bucket/data.csv", False),
    ],
)
def test_none_is_asked_for_if_it_is_off_or_if_java_would_keep_secrets(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    uri: str,
    wanted: bool,
) -> None:
    asked = []

    def ask(*wants: object) -> None:
        asked.append(wants)
        raise WarmError("there is none")

    java = tmp_path / "bin" / "java"  # of a release with which the run starts no Spark of its own
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"8.0.1\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr("emr_ml.launchers.local_jvm.Attachment", ask)
    monkeypatch.setattr("emr_ml.launchers.local_session.has_jvm", lambda: False)
    usual: dict[str, Any] = {"user_conf": {}, "on_s3": False, "warm_seconds": 600.0}
    session = LocalSession(size=DataSize.SMALL, **usual | changes)

    session.prepare([uri])
    with pytest.raises(LaunchError, match="is 8"):
        session.start(LOG)

    assert bool(asked) == wanted


def test_runs_share_java_also_if_one_was_killed_and_results_are_the_same(tmp_path: Path) -> None:
    work, lake = sales_work(tmp_path), open_lake(str(tmp_path / "one"))
    begun = job_key(work.asset, work.version, 1, "started.json")
    killed = SPAWN.Process(target=launch, args=(str(tmp_path), lake.root))
    killed.start()
    wait_until(lambda: lake.read(begun))
    assert killed.pid
    os.kill(killed.pid, signal.SIGKILL)
    killed.join()
    wait_until(is_free)
    java = (holder_state() or {})["java"]

    second = launch_elsewhere(tmp_path, tmp_path / "one")
    third = launch_elsewhere(tmp_path, tmp_path / "two")
    wait_until(is_free)

    assert second == {"rows": {"in": 1000, "kept": 1000, "rejected": 0}, **third, "attempt": 2}
    assert third["attempt"] == 1
    assert (holder_state() or {})["java"] == java
    assert not [*tmp_path.rglob("*.crc")]


def test_a_context_that_a_killed_run_left_behind_does_not_keep_the_next_run_away() -> None:
    port, secret, java = session_elsewhere()
    # as if it had been under construction when Java was cleared
    parameters = JavaParameters(port=port, auth_token=secret)
    client: Any = ClientServer(parameters, PythonParameters(port=0, eager_load=False))
    conf = client.jvm.org.apache.spark.SparkConf()
    client.jvm.org.apache.spark.SparkContext(conf.setMaster("local[1]").setAppName("left"))
    client.close()

    assert session_elsewhere() == (port, secret, java)


@pytest.mark.soak
def test_a_java_that_is_killed_during_a_run_is_named_and_the_next_run_has_another(
    tmp_path: Path,
) -> None:
    work, lake = sales_work(tmp_path), open_lake(str(tmp_path / "lake"))
    begun = job_key(work.asset, work.version, 1, "started.json")
    with ProcessPoolExecutor(1, SPAWN) as pool:
        running = pool.submit(failure, str(tmp_path), lake.root)
        wait_until(lambda: lake.read(begun))
        java = (holder_state() or {})["java"]
        psutil.Process(java).kill()
        said = running.result()

    assert "Spark's Java process is gone" in said
    assert launch_elsewhere(tmp_path, tmp_path / "lake")["attempt"] == 2
    assert (holder_state() or {})["java"] != java
