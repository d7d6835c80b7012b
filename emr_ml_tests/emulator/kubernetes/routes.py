"""From an HTTP request to a call in the words of RBAC."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from emr_ml_tests.emulator.kubernetes.access import Call
from emr_ml_tests.emulator.kubernetes.answers import no_such_path, not_allowed
from emr_ml_tests.emulator.kubernetes.store import KINDS

# what the caller may do, and what others may do
OWN_REVIEWS, REVIEWS = "selfsubjectaccessreviews", "subjectaccessreviews"
SUBRESOURCES = {"pods": ("log", "status")}
OF_ONE = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
OF_SEVERAL = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}


def is_true(text: str) -> bool:
    """Whether Go takes a text for true; Python's client writes `True`."""
    return text.lower() in ("1", "t", "true")


@dataclass(frozen=True)
class Route:
    """What a request asks for. `resource` is "" for what is no resource, such as `/version`."""

    path: str
    query: Mapping[str, str]
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    verb: str = "get"

    def call(self, user: str, verb: str = "") -> Call:
        return Call(
            user, verb or self.verb, self.group, self.resource, self.subresource, self.namespace,
            self.name,
        )  # fmt: skip


def route(method: str, target: str) -> Route:
    """Return what a request asks for.

    Raises:
        ApiError: there is no such path or method.
    """
    split = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(split.query, True).items()}
    match [unquote(part) for part in split.path.strip("/").split("/")]:
        case ["api", "v1", "namespaces", namespace, resource, *rest] if resource in KINDS:
            pass
        case ["api", "v1", resource, *rest] if resource in KINDS:
            namespace = ""
        case ["apis", "authorization.k8s.io", "v1", one] if one in (REVIEWS, OWN_REVIEWS):
            return Route(split.path, query, "authorization.k8s.io", one, verb="create")
        case ["version" | "readyz" | "livez"]:
            return Route(split.path, query)
        case _:
            raise no_such_path()
    name, subresource, *too_much = [*rest, "", ""][: max(2, len(rest))]
    if too_much or (subresource and subresource not in SUBRESOURCES.get(resource, ())):
        raise no_such_path()
    verb = (OF_ONE if name else OF_SEVERAL).get(method)
    if verb is None or (subresource == "log" and verb != "get"):
        raise not_allowed()
    if verb in ("get", "list") and is_true(query.get("watch", "")):
        verb = "watch"
    return Route(split.path, query, "", resource, subresource, namespace, name, verb)
