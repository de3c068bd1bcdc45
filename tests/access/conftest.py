"""The cases of the leak map lie beside their test and want its readable asserts."""

import pytest

pytest.register_assert_rewrite("tests.access.leaks")
