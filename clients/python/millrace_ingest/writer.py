"""Gathers rows into batches."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Type

from .result import Rejection

if TYPE_CHECKING:
    from .client import Client, Scope

#: Rejections that are kept.
KEPT = 1_000


class Writer:
    """Sends rows in batches, each of which lands once. To be used with ``with``, which sends the last one."""

    def __init__(self, client: "Client", stream: str, batch_rows: int) -> None:
        if batch_rows < 1:
            raise ValueError("batch_rows is 1 or more")
        self._client = client
        self._stream = stream
        self._batch_rows = batch_rows
        self._rows: List[Dict[str, Any]] = []
        #: Rows that landed.
        self.accepted = 0
        #: Rows that were refused.
        self.rejected = 0
        #: The first thousand of them, with their place among all that was written, from 1 on.
        self.rejections: List[Rejection] = []
        self._written = 0

    def write(self, row: Mapping[str, Any]) -> None:
        """Takes a row, and sends the batch that it fills. Raises as ``Client.push``."""
        self._rows.append(dict(row))
        if len(self._rows) >= self._batch_rows:
            self.flush()

    def flush(self) -> None:
        """Sends what was taken so far; returns when it is committed."""
        if not self._rows:
            return
        result = self._client.push(self._stream, self._rows)
        before = self._written
        self._written += len(self._rows)
        self._rows = []
        self.accepted += result.accepted
        self.rejected += result.rejected
        room = KEPT - len(self.rejections)
        for each in result.rejections[:room]:
            place = None if each.row is None else before + each.row
            self.rejections.append(Rejection(place, each.code, each.message))

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        # What was scraped before something went wrong is worth keeping.
        self.flush()


class Reading(Writer):
    """A writer of all rows that there are."""

    def __init__(self, client: "Client", stream: str, batch_rows: int, scope: Optional["Scope"]) -> None:
        super().__init__(client, stream, batch_rows)
        self._scope = scope

    def __enter__(self) -> "Reading":
        self._client.begin(self._stream, self._scope)
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.flush()
        # What went wrong, or what ends a scraper early, leaves the reading incomplete, so that nothing is removed.
        if kind is None:
            self._client.complete(self._stream, self._scope)
