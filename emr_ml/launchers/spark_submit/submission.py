"""What one `spark-submit` runs, whether as a process of this machine or in a pod."""

from dataclasses import dataclass
from typing import Self

from emr_ml.launchers.remote.shipping import ShippedCode
from emr_ml.launchers.remote.target import Attempt


@dataclass(frozen=True)
class Submission:
    """One attempt, as its command and its properties need it.

    Args:
        asset, version, attempt: what is computed.
        name: of the attempt in listings.
        module: of the job.
        request_uri: address of the attempt's `request.json`.
        lake: root of the whole lake.
        code: where the driver finds the code.
    """

    asset: str
    version: str
    attempt: int
    name: str
    module: str
    request_uri: str
    lake: str
    code: ShippedCode

    @classmethod
    def of(cls, attempt: Attempt, code: ShippedCode) -> Self:
        """Return the submission of an attempt whose code is or will be uploaded."""
        request = attempt.request
        return cls(
            asset=request.asset,
            version=request.version,
            attempt=request.attempt,
            name=attempt.name,
            module=attempt.module,
            request_uri=attempt.request_uri,
            lake=attempt.shared.root,
            code=code,
        )

    @property
    def is_on_s3(self) -> bool:
        return self.lake.startswith("s3://")

    @property
    def script(self) -> list[str]:
        """The script that spark-submit runs, with its arguments."""
        path, arguments = self.code.entry_point(self.module)
        return [path, *arguments, self.request_uri]
