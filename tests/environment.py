"""The environment of the suite, set before Django reads its settings (a pytest plugin)."""

import os

import pytest

from tests.scale import SEED

os.environ.setdefault("DEBUG", "1")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """One seed for what the tests draw, for Hypothesis and for the order of the tests."""
    if config.getoption("randomly_seed", None) == "default":
        config.option.randomly_seed = SEED
    if config.getoption("hypothesis_seed", None) is None:
        config.option.hypothesis_seed = str(SEED)


def pytest_report_header() -> str:
    """Say how to draw the same again."""
    return f"seed: {SEED} (SEED={SEED} repeats the run)"
