"""What was charged, and what went back."""

from __future__ import annotations

from dataclasses import dataclass, replace


class ConflictError(Exception):
    """A charge of that key is there already, and it is another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Money that was taken from a customer; its key was chosen by the merchant who asked for it."""

    key: str
    amount_cents: int
    refunded: bool = False


class Ledger:
    """The charges of one merchant: whoever asks twice with the same key gets one charge."""

    def __init__(self) -> None:
        """Start with an empty page."""
        self._charges: dict[str, Charge] = {}

    def charge(self, key: str, amount_cents: int) -> Charge:
        """Take an amount, or return the charge of before; ``ConflictError`` where that was not the same."""
        charge = self._charges.setdefault(key, Charge(key=key, amount_cents=amount_cents))
        if charge != Charge(key=key, amount_cents=amount_cents):
            raise ConflictError(f"{key} is the key of another charge, or of one that was refunded")
        return charge

    def refund(self, key: str) -> Charge | None:
        """Give all of a charge back, once however often it is asked; None where there is no such charge."""
        charge = self._charges.get(key)
        if charge is None:
            return None
        self._charges[key] = refunded = replace(charge, refunded=True)
        return refunded

    def charges(self) -> list[Charge]:
        """Return every charge in the order of the keys."""
        return [self._charges[key] for key in sorted(self._charges)]
