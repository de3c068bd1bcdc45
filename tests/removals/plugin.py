"""A pytest plugin (`-p tests.removals.plugin`) that takes out the rule named in TAKE_OUT."""

from __future__ import annotations

import os

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """After the apps are loaded, and before there is a database to put policies into."""
    from tests.removals.catalogue import removals

    name = os.environ["TAKE_OUT"]
    [removal] = [removal for removal in removals() if removal.name == name]
    removal.take_out()
