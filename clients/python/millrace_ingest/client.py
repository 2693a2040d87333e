"""Talks to the ingestion service over one connection that is kept."""

from __future__ import annotations

import gzip
import http.client
import json
import random
import ssl
import time
import urllib.parse
import uuid
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any, Callable, Dict, Iterable, Mapping, Optional, Sequence, Tuple, Union

from .errors import PushError, PushUnavailable
from .result import PushResult, result_of
from .writer import Reading, Writer

Key = Union[str, int, Sequence[Union[str, int]]]
Scope = Mapping[str, Union[str, int, float, bool, None]]

#: Answers after which the same request may succeed.
PASSING = frozenset({408, 429, 500, 502, 503, 504})


class Client:
    """Pushes rows with a token. Not to be shared between threads."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 60.0,
        retry_seconds: float = 600.0,
        context: Optional[ssl.SSLContext] = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        :param url: such as ``https://ingest.example.org:8090``
        :param timeout: seconds that one answer may take
        :param retry_seconds: seconds for which what does not get through is sent again
        :param context: for TLS, such as one with a certificate of the client's own
        """
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise ValueError(f"{url!r} is no address such as http://localhost:8090")
        self._parts = parts
        self._token = token
        self._timeout = timeout
        self._retry_seconds = retry_seconds
        self._context = context
        self._sleep = sleep
        self._clock = clock
        self._connection: Optional[http.client.HTTPConnection] = None

    def push(
        self,
        stream: str,
        rows: Iterable[Mapping[str, Any]],
        *,
        batch_id: Optional[str] = None,
    ) -> PushResult:
        """Lands one batch; returns when it is committed. Raises PushError or PushUnavailable."""
        batch = batch_id if batch_id is not None else str(uuid.uuid4())
        lines = "".join(f"{json.dumps(row, default=_plain, allow_nan=False)}\n" for row in rows)
        status, answer = self._request(
            "POST",
            f"/v1/streams/{_quote(stream)}/rows",
            body=gzip.compress(lines.encode("utf-8"), compresslevel=1),
            headers={
                "content-type": "application/x-ndjson",
                "content-encoding": "gzip",
                "idempotency-key": batch,
            },
        )
        # Not one of its rows landed: that is told by the result as well.
        if status in (200, 202) or (status == 422 and "accepted" in answer):
            return result_of(batch, answer)
        raise _error(status, answer)

    def writer(self, stream: str, *, batch_rows: int = 1_000) -> Writer:
        """Gathers rows into batches. To be used with ``with``."""
        return Writer(self, stream, batch_rows)

    def reading(self, stream: str, *, scope: Optional[Scope] = None, batch_rows: int = 1_000) -> Reading:
        """As ``writer``, for all rows that there are: what is not written is removed when it ends well."""
        return Reading(self, stream, batch_rows, scope)

    def begin(self, stream: str, scope: Optional[Scope] = None) -> None:
        """Opens a reading of a stream, or of a scope of it."""
        self._mark(stream, "begin", scope)

    def complete(self, stream: str, scope: Optional[Scope] = None) -> Mapping[str, Any]:
        """Completes it: what was not pushed since is removed. Returns what the commit did."""
        return self._mark(stream, "complete", scope)

    def get(self, stream: str, key: Key) -> Optional[Dict[str, Any]]:
        """The row with this key; None where there is none."""
        status, answer = self._request("GET", _row_path(stream, key))
        if status == 404 and answer.get("code") == "MLR_ROUTE_NOT_FOUND":
            return None
        if status not in (200, 202):
            raise _error(status, answer)
        row: Dict[str, Any] = answer["row"]
        return row

    def delete(self, stream: str, key: Key) -> bool:
        """Removes the row with this key; False where there was none."""
        status, answer = self._request("DELETE", _row_path(stream, key))
        if status == 404 and answer.get("code") == "MLR_ROUTE_NOT_FOUND":
            return False
        if status not in (200, 202):
            raise _error(status, answer)
        return True

    def close(self) -> None:
        """Ends the connection. It is opened again when it is needed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _mark(self, stream: str, what: str, scope: Optional[Scope]) -> Mapping[str, Any]:
        body = json.dumps({} if scope is None else {"scope": dict(scope)}).encode("utf-8")
        status, answer = self._request(
            "POST",
            f"/v1/streams/{_quote(stream)}/{what}",
            body=body,
            headers={"content-type": "application/json", "idempotency-key": str(uuid.uuid4())},
        )
        if status not in (200, 202):
            raise _error(status, answer)
        return answer

    def _request(
        self,
        method: str,
        path: str,
        *,
        body: Optional[bytes] = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> Tuple[int, Dict[str, Any]]:
        """Sends until there is an answer that another try would not change."""
        until = self._clock() + self._retry_seconds
        tries = 0
        while True:
            try:
                status, answer, wait = self._once(method, path, body, headers or {})
                if status not in PASSING:
                    return status, answer
                trouble: PushError = _error(status, answer)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                trouble, wait = PushUnavailable(f"{self._parts.netloc} cannot be reached: {error}"), None
            tries += 1
            # Doubled with each try, plus or minus half at random so that many do not come back at the same moment.
            pause = max(wait or 0.0, min(30.0, 0.25 * 2 ** min(tries, 10))) * (0.5 + random.random())
            if self._clock() + pause >= until:
                raise PushUnavailable(
                    str(trouble), status=trouble.status, code=trouble.code, details=trouble.details
                )
            self._sleep(pause)

    def _once(
        self, method: str, path: str, body: Optional[bytes], headers: Mapping[str, str]
    ) -> Tuple[int, Dict[str, Any], Optional[float]]:
        connection = self._connect()
        target = f"{self._parts.path.rstrip('/')}{path}"
        connection.request(method, target, body, {**headers, "authorization": f"Bearer {self._token}"})
        response = connection.getresponse()
        text = response.read()
        if response.getheader("connection", "").lower() == "close":
            self.close()
        wait = response.getheader("retry-after")
        return response.status, _json(text), float(wait) if wait is not None and wait.isdigit() else None

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection is None:
            host, port = self._parts.hostname or "", self._parts.port
            self._connection = (
                http.client.HTTPSConnection(host, port, timeout=self._timeout, context=self._context)
                if self._parts.scheme == "https"
                else http.client.HTTPConnection(host, port, timeout=self._timeout)
            )
        return self._connection


def _error(status: int, answer: Mapping[str, Any]) -> PushError:
    return PushError(
        str(answer.get("message", f"the service answered {status}")),
        status=status,
        code=str(answer.get("code", "MLR_INTERNAL")),
        hint=answer.get("hint"),
        details=answer.get("details"),
    )


def _json(text: bytes) -> Dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _row_path(stream: str, key: Key) -> str:
    values = [key] if isinstance(key, (str, int)) else list(key)
    return f"/v1/streams/{_quote(stream)}/rows/{','.join(_quote(str(each)) for each in values)}"


def _quote(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def _plain(value: Any) -> Any:
    """What JSON has no word for, as the service understands it."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z") if value.tzinfo is None else value.astimezone(
            timezone.utc
        ).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (Decimal, uuid.UUID)):
        return str(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be pushed: {value!r}")
