"""Dagster Pipes messages as numbered objects of a lake, in S3 or in a folder."""

from typing import IO

from dagster_pipes import (
    PipesBlobStoreMessageWriter,
    PipesBlobStoreMessageWriterChannel,
    PipesParams,
)

from spark_jobs.runtime.lake import Lake


class LakeMessages(PipesBlobStoreMessageWriterChannel):
    """Writes `<folder>1.json`, `<folder>2.json` and so on, with one message per line."""

    def __init__(self, lake: Lake, folder: str, interval: float) -> None:
        super().__init__(interval=interval)
        self._lake, self._folder = lake, folder

    def upload_messages_chunk(self, payload: IO[str], index: int) -> None:
        self._lake.write(f"{self._folder}{index}.json", payload.read().encode())


class LakeMessageWriter(PipesBlobStoreMessageWriter[LakeMessages]):
    """Opens the channel of one attempt.

    Args:
        lake: gets the messages.
        folder: start of their keys, with a slash at its end.
        interval: seconds between two of them.
    """

    def __init__(self, lake: Lake, folder: str, interval: float) -> None:
        super().__init__(interval=interval)
        self._lake, self._folder = lake, folder

    def make_channel(self, params: PipesParams) -> LakeMessages:
        del params
        return LakeMessages(self._lake, self._folder, self.interval)
