"""Addresses of pods and names of services, for the JVM of containers.

Pods have addresses of their own in 127.0.0.0/8, so that several may use the same ports. The names
are in a hosts file, which Java reads at every look-up.
"""

import itertools
import os
import socket
import threading
from pathlib import Path
from typing import Any

from emr_ml_tests.emulator.kubernetes.store import Store


class Network:
    """Hands out addresses, and publishes the names of services."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.hosts_file = folder / "hosts"
        self._store = store
        self._lock = threading.Lock()
        # another emulator on this machine has another process, and so another start
        self._numbers = itertools.count((os.getpid() % 200 + 20) << 16)
        self.publish()

    def address(self) -> str:
        """Return a new address for a pod."""
        with self._lock:
            number = next(self._numbers) + 2
        return f"127.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    def publish(self) -> None:
        """Write the names of all services that have a pod."""
        lines = ["127.0.0.1 localhost", f"127.0.0.1 {socket.gethostname()}"]
        with self._lock:
            pods = self._store.all("pods")
            for service in self._store.all("services"):
                if address := _address_of(service, pods):
                    name = f"{service['metadata']['name']}.{service['metadata']['namespace']}.svc"
                    lines.append(f"{address} {name} {name}.cluster.local")
            new = self.hosts_file.with_suffix(".new")
            new.write_text("".join(f"{line}\n" for line in lines))
            new.replace(self.hosts_file)


def _address_of(service: dict[str, Any], pods: list[dict[str, Any]]) -> str | None:
    selector: dict[str, str] = service["spec"].get("selector") or {}
    for pod in pods:
        labels: dict[str, str] = pod["metadata"].get("labels") or {}
        same_place = pod["metadata"]["namespace"] == service["metadata"]["namespace"]
        if selector and same_place and selector.items() <= labels.items():
            return pod["status"].get("podIP")
    return None
