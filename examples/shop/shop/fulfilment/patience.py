"""How long, and how often, a message is tried."""

from __future__ import annotations

from dataclasses import dataclass

ACK_WAIT = 30.0
LONGEST_REST = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What a message may take, in seconds and tries.

    Without an acknowledgement for ``ack_wait`` it is delivered again, to whoever asks. After the first failure it rests
    for ``retry_after``, after every further one twice as long, and after ``tries`` it is a dead letter. A database that
    is away never makes it one: that is not the message's fault.
    """

    ack_wait: float = ACK_WAIT
    retry_after: float = 1.0
    tries: int = 5

    def rest(self, tried: int) -> float:
        """Return the seconds to rest after so many tries: a minute at most."""
        return min(self.retry_after * 2.0 ** min(tried - 1, 30), LONGEST_REST)

    def ends_with(self, tried: int) -> bool:
        """Tell whether there is no further try after so many."""
        return tried >= self.tries
