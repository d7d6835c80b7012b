"""Who asks, and whether a Role allows it."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emr_ml_tests.emulator.kubernetes.answers import ApiError, forbidden

ANONYMOUS = "system:anonymous"
ADMIN = "kubernetes-admin"


@dataclass(frozen=True)
class Call:
    """A request, in the words of RBAC. `subresource` is "" or, for example, "log"."""

    user: str
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str

    @property
    def what(self) -> str:
        """The resource as rules name it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True)
class Rule:
    """One entry of a Role's `rules`, for a user in a namespace."""

    user: str
    namespace: str
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()

    def allows(self, call: Call) -> bool:
        return (
            call.user == self.user
            and call.namespace == self.namespace
            and _among(call.group, self.groups)
            and _among(call.what, self.resources)
            and _among(call.verb, self.verbs)
            and (not self.names or call.name in self.names)
        )


@dataclass
class Access:
    """Tokens, and what their users may do; the administrator may do everything."""

    rules: list[Rule] = field(default_factory=list[Rule])
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    def token(self, user: str) -> str:
        """Return the bearer token of a user, always the same."""
        known = [token for token, of in self.tokens.items() if of == user]
        token = known[0] if known else secrets.token_urlsafe(24)
        self.tokens[token] = user
        return token

    def user(self, authorization: str) -> str:
        """Return who sends this header.

        Raises:
            ApiError: nobody has this token.
        """
        scheme, _, token = authorization.partition(" ")
        if not authorization:
            return ANONYMOUS
        if scheme.lower() != "bearer" or token.strip() not in self.tokens:
            raise ApiError(401, "Unauthorized", "Unauthorized")
        return self.tokens[token.strip()]

    def allows(self, call: Call) -> bool:
        return call.user == ADMIN or any(rule.allows(call) for rule in self.rules)

    def check(self, call: Call) -> None:
        """Raise the refusal of a call that no rule allows."""
        if not self.allows(call):
            where = f' in the namespace "{call.namespace}"' if call.namespace else ""
            raise forbidden(
                call.what,
                call.name,
                f'User "{call.user}" cannot {call.verb} resource "{call.what}" in API group '
                f'"{call.group}"{where or " at the cluster scope"}',
            )

    def bind(self, user: str, namespace: str, rules: Iterable[Mapping[str, Any]]) -> None:
        """Allow a user what the `rules` of a Role say, in one namespace."""
        for rule in rules:
            self.rules.append(
                Rule(
                    user,
                    namespace,
                    tuple(rule.get("apiGroups", ())),
                    tuple(rule["resources"]),
                    tuple(rule["verbs"]),
                    tuple(rule.get("resourceNames", ())),
                )
            )

    def apply(self, manifests: Iterable[Mapping[str, Any]]) -> None:
        """Take Roles and RoleBindings to service accounts as they stand in YAML files."""
        several = list(manifests)
        roles = {
            (one["metadata"].get("namespace"), one["metadata"]["name"]): one["rules"]
            for one in several
            if one["kind"] == "Role"
        }
        for one in several:
            if one["kind"] != "RoleBinding":
                continue
            namespace = one["metadata"].get("namespace")
            for subject in one["subjects"]:
                user = service_account(subject.get("namespace", namespace), subject["name"])
                self.bind(user, namespace, roles[namespace, one["roleRef"]["name"]])


def service_account(namespace: str, name: str) -> str:
    return f"system:serviceaccount:{namespace}:{name}"


def _among(one: str, several: Sequence[str]) -> bool:
    return "*" in several or one in several
