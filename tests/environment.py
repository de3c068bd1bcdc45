"""The environment of the suite, set before Django reads its settings (a pytest plugin)."""

import os

os.environ.setdefault("DEBUG", "1")
