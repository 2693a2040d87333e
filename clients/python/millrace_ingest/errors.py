"""What pushing can fail with."""

from __future__ import annotations

from typing import Any, Mapping, Optional


class PushError(Exception):
    """The service refused a request, and sending it again would change nothing."""

    def __init__(
        self,
        message: str,
        *,
        status: Optional[int] = None,
        code: str = "MLR_PUSH_INVALID",
        hint: Optional[str] = None,
        details: Optional[Mapping[str, Any]] = None,
    ) -> None:
        super().__init__(message if hint is None else f"{message} ({hint})")
        self.status = status
        self.code = code
        self.hint = hint
        self.details = dict(details or {})


class PushUnavailable(PushError):
    """The service could not be reached, or took nothing, for as long as it was tried."""
