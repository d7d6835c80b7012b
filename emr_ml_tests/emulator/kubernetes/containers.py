"""From a pod's container to the program, environment and files of a local process."""

import base64
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emr_ml_tests.emulator.kubernetes.store import Store

# what stands for https://kubernetes.default.svc, which has no place on loopback
DRIVER_MASTER = "spark.kubernetes.driver.master"
PROPERTIES_FILE = "spark.properties"
_REFERENCE = re.compile(r"\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)")


class WaitingError(Exception):
    """A container can't start yet, for a reason that its status shows."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason, self.message = reason, message


@dataclass(frozen=True)
class Image:
    """What a name of an image stands for: a program, and variables.

    Args:
        entrypoint: the program, with arguments before those of the container.
        environment: of the image.
    """

    entrypoint: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Prepared:
    """What to start."""

    command: Sequence[str]
    environment: Mapping[str, str]


class Sandbox:
    """The files of one pod. Paths below a mounted volume are replaced by those on this machine."""

    def __init__(self, store: Store, pod: Mapping[str, Any], folder: Path, api: str) -> None:
        self._store, self._pod, self._folder, self._api = store, pod, folder, api
        self._namespace: str = pod["metadata"]["namespace"]

    def prepare(
        self, container: Mapping[str, Any], image: Image, own: Mapping[str, str]
    ) -> Prepared:
        """Fill the volumes, and return what to start.

        Args:
            container: of the pod.
            image: which it names.
            own: variables that the cluster gives, and that win over all others.

        Raises:
            WaitingError: a ConfigMap, a Secret or a claim is missing.
        """
        mounts = dict(self._mounts(container))
        environment = {**image.environment, **dict(self._variables(container)), **own}
        environment = {name: _at(mounts, value) for name, value in environment.items()}
        self._fill(mounts)
        command = container.get("command") or image.entrypoint
        given = [*command, *(container.get("args") or ())]
        arguments = [_at(mounts, _expanded(one, environment)) for one in given]
        return Prepared(arguments, environment)

    def _mounts(self, container: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
        """Yield the path of each mount, with where it is on this machine."""
        volumes = {one["name"]: one for one in self._pod["spec"].get("volumes") or ()}
        for mount in container.get("volumeMounts") or ():
            volume = volumes[mount["name"]]
            if claim := volume.get("persistentVolumeClaim"):
                self._needed("persistentvolumeclaims", claim["claimName"], "FailedMount")
                place = self._folder.parent.parent / "claims" / claim["claimName"]
            else:
                place = self._folder / "volumes" / mount["name"]
            place = place / mount.get("subPath", "")
            place.mkdir(parents=True, exist_ok=True)
            yield mount["mountPath"], place

    def _fill(self, mounts: Mapping[str, Path]) -> None:
        for volume in self._pod["spec"].get("volumes") or ():
            place = self._folder / "volumes" / volume["name"]
            if given := volume.get("configMap"):
                files = self._needed("configmaps", given["name"], "FailedMount").get("data") or {}
                texts = {name: text.encode() for name, text in files.items()}
                self._write(place, given, texts, mounts)
            elif given := volume.get("secret"):
                files = (
                    self._needed("secrets", given["secretName"], "FailedMount").get("data") or {}
                )
                texts = {name: base64.b64decode(text) for name, text in files.items()}
                self._write(place, given, texts, mounts)

    def _write(
        self,
        place: Path,
        given: Mapping[str, Any],
        texts: Mapping[str, bytes],
        mounts: Mapping[str, Path],
    ) -> None:
        items: list[dict[str, Any]] = given.get("items") or [
            {"key": name, "path": name} for name in texts
        ]
        for item in items:
            text = _at(mounts, texts[item["key"]].decode())
            if item["path"] == PROPERTIES_FILE and DRIVER_MASTER not in text:
                text += f"\n{DRIVER_MASTER}={self._api}\n"
            path = place / item["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            mode: int = item.get("mode") or given.get("defaultMode") or 0o644
            path.chmod(mode)

    def _variables(self, container: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for source in container.get("envFrom") or ():
            prefix = source.get("prefix", "")
            if given := source.get("secretRef"):
                data = self._data("secrets", given)
                values = {name: base64.b64decode(text).decode() for name, text in data.items()}
            else:
                values = self._data("configmaps", source["configMapRef"])
            yield from ((prefix + name, value) for name, value in values.items())
        for variable in container.get("env") or ():
            source = variable.get("valueFrom")
            value = self._value(source) if source else variable.get("value", "")
            if value is not None:
                yield variable["name"], value

    def _value(self, source: Mapping[str, Any]) -> str | None:
        if given := source.get("fieldRef"):
            return self._field(given["fieldPath"])
        if given := source.get("secretKeyRef"):
            found = self._data("secrets", given).get(given["key"])
            value = None if found is None else base64.b64decode(found).decode()
        elif given := source.get("configMapKeyRef"):
            value = self._data("configmaps", given).get(given["key"])
        else:
            raise WaitingError("CreateContainerError", f"not emulated: {sorted(source)}")
        if value is None and not given.get("optional"):
            message = f"couldn't find key {given['key']} in {self._namespace}/{given['name']}"
            raise WaitingError("CreateContainerConfigError", message)
        return value

    def _field(self, path: str) -> str:
        value: Any = self._pod
        for part in path.split("."):
            value = value[part]
        return str(value)

    def _data(self, resource: str, given: Mapping[str, Any]) -> dict[str, str]:
        if given.get("optional") and not self._store.find(resource, self._namespace, given["name"]):
            return {}
        return self._needed(resource, given["name"], "CreateContainerConfigError").get("data") or {}

    def _needed(self, resource: str, name: str, reason: str) -> dict[str, Any]:
        one = self._store.find(resource, self._namespace, name)
        if one is None:
            message = f'{resource.removesuffix("s")} "{name}" not found'
            raise WaitingError(reason, message)
        return one


def python_image(entrypoint: Path, more: Mapping[str, str]) -> Image:
    """Return an image that has this Python, with its packages, and that entry script."""
    folder = str(Path(sys.executable).parent)
    environment = {"PATH": f"{folder}:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **more}
    return Image((str(entrypoint),), environment)


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    """Replace `$(NAME)`, as Kubernetes does in commands and arguments."""
    return _REFERENCE.sub(lambda found: environment.get(found[1], found[0]), text)


def _at(mounts: Mapping[str, Path], text: str) -> str:
    for path in sorted(mounts, key=len, reverse=True):
        text = re.sub(rf"{re.escape(path)}(?![-\w.])", lambda _, path=path: str(mounts[path]), text)
    return text
