"""What can go wrong in the shop's own terms; ``shop.app`` gives each its HTTP status."""

from __future__ import annotations


class ShopError(Exception):
    """The shop declines, and says why in words fit for the customer."""


class NotFoundError(ShopError):
    """What was asked for does not exist."""


class ConflictError(ShopError):
    """What was asked for does not go together with what is there."""


class InvalidNameError(ShopError):
    """A file name is not one that the shop would store."""


class WrongTypeError(ShopError):
    """An uploaded file is not of the type that is asked for."""


class TooLargeError(ShopError):
    """An uploaded file is larger than the shop accepts."""


class DeclinedError(ShopError):
    """The customer's bank does not pay."""


class BillingFailedError(ShopError):
    """The billing service answered that something is wrong with it, or with what it was asked."""


class BillingNonsenseError(ShopError):
    """The billing service gave an answer that can't be read."""


class BillingTimeoutError(ShopError):
    """The billing service did not answer in time."""


class BillingUnreachableError(ShopError):
    """The billing service is not there."""
