"""Which names a signed copy may have."""

from __future__ import annotations

import pytest

from shop.errors import InvalidNameError
from shop.invoices.names import copy_name


@pytest.mark.parametrize("name", ["signed.pdf", "Invoice_2026-01.pdf", "1.pdf", "a" * 80 + ".pdf"])
def test_a_plain_name_is_kept_as_it_is(name: str) -> None:
    """Letters, digits, dashes and underscores before .pdf are fine."""
    assert copy_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "../signed.pdf",
        "../../etc/passwd",
        "/etc/passwd",
        "folder/signed.pdf",
        "..\\signed.pdf",
        "C:signed.pdf",
        "..pdf",
        "%2e%2e%2fsigned.pdf",
    ],
)
def test_a_path_is_refused(name: str) -> None:
    """Nothing that any system reads as a path passes."""
    with pytest.raises(InvalidNameError):
        copy_name(name)


@pytest.mark.parametrize(
    "name",
    ["", ".pdf", ".hidden.pdf", "signed", "signed.exe", "signed.pdf.exe", "signed.pdf\n", "-f.pdf", "a" * 81 + ".pdf"],
)
def test_a_name_that_is_not_plain_is_refused(name: str) -> None:
    """Hidden, endless, dressed up and option-like names are refused too."""
    with pytest.raises(InvalidNameError, match=r"\.pdf$"):
        copy_name(name)
