"""What came of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional, Sequence, Tuple


@dataclass(frozen=True)
class Rejection:
    """A row that did not land."""

    #: Its place in the batch, from 1 on.
    row: Optional[int]
    code: str
    message: str


@dataclass(frozen=True)
class PushResult:
    """A batch that is committed."""

    batch: str
    accepted: int
    rejected: int
    #: The first hundred.
    rejections: Tuple[Rejection, ...]
    #: It had landed before: an answer that was lost, most likely.
    duplicate: bool
    #: The commits that it landed in, with what they did.
    commits: Sequence[Mapping[str, Any]]


def result_of(batch: str, answer: Mapping[str, Any]) -> PushResult:
    """Reads an answer."""
    return PushResult(
        batch=batch,
        accepted=answer["accepted"],
        rejected=answer["rejected"],
        rejections=tuple(
            Rejection(each["row"], each["code"], each["message"]) for each in answer.get("rejections", [])
        ),
        duplicate=answer["duplicate"],
        commits=answer.get("commits", []),
    )
