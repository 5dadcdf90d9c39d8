"""How a neighbour lets its callers down: for tests, who choose it for the next request."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from starlette.responses import JSONResponse, PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.types import Receive


class Misbehaviour(StrEnum):
    """What goes wrong. All but the first two do their work before: the money has moved, and the caller can't know."""

    ERROR = "error"
    DECLINED = "declined"
    SLOW = "slow"
    MALFORMED = "malformed"
    INCOMPLETE = "incomplete"


async def misbehave(behaviour: Misbehaviour | None, work: Callable[[], Response], receive: Receive) -> Response:
    """Return the answer of *work*, unless the behaviour is another; *receive* is the request's, its body read."""
    match behaviour:
        case None:
            return work()
        case Misbehaviour.ERROR:
            return PlainTextResponse("out of order", 500)
        case Misbehaviour.DECLINED:
            return JSONResponse({"detail": "the card was declined"}, 402)
        case Misbehaviour.SLOW:
            answer = work()
            await receive()  # returns when the caller has hung up, however patient it was
            return answer
        case Misbehaviour.MALFORMED:
            work()
            return PlainTextResponse('{"key": ', media_type="application/json")
        case Misbehaviour.INCOMPLETE:
            work()
            return JSONResponse({"status": "charged"})
        case _:
            assert_never(behaviour)
