"""Where EMR copies the logs of steps and bootstrap actions."""

from emr_ml.launchers.remote.log_tail import LogStore, Tail


class Logs:
    """The logs of all clusters below one `s3://` address."""

    def __init__(self, log_uri: str) -> None:
        # EMR answers with the scheme of its old file system
        self.uri = log_uri.replace("s3n://", "s3://", 1).rstrip("/")
        self._store = LogStore("EMR copies logs within five minutes")

    def step_uri(self, cluster: str, step: str) -> str:
        return f"{self.uri}/{cluster}/steps/{step}/"

    def step(self, cluster: str, step: str, name: str, wait: float, pause: float) -> Tail:
        """Return the end of a step's log.

        Args:
            cluster: id of the cluster.
            step: id of the step.
            name: `stderr` of the step's process, or `controller`, in which EMR logs about it.
            wait: seconds to wait for the log.
            pause: seconds between two tries.
        """
        return self._store.tail(f"{self.step_uri(cluster, step)}{name}", wait, pause)

    def bootstrap(self, cluster: str, wait: float, pause: float) -> Tail:
        """Return the end of the stderr of a bootstrap action, on whichever node has one."""
        return self._store.tail(
            f"{self.uri}/{cluster}/node/", wait, pause, ("/bootstrap-actions/", "stderr")
        )
