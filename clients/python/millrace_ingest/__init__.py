"""Pushes rows to Millrace: batches, retries, and each batch lands once."""

from .client import Client
from .errors import PushError, PushUnavailable
from .result import PushResult, Rejection
from .writer import Reading, Writer

__all__ = [
    "Client",
    "PushError",
    "PushResult",
    "PushUnavailable",
    "Reading",
    "Rejection",
    "Writer",
]
