"""Every path by which every tracked record is written leaves exactly one version of each change.

The table is in tests/history/paths: a row is a path, and tells for each tracked model how it goes
there, or in a sentence why it does not.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.history.paths import TRACKED, Cell, Row, Watch, console, database, files, services, told

pytestmark = pytest.mark.django_db

ROWS: dict[str, Row] = {**console.ROWS, **services.ROWS, **files.ROWS, **database.ROWS}


def cells() -> Iterator[object]:
    for path, row in ROWS.items():
        for model, cell in row.items():
            if callable(cell):
                yield pytest.param(cell, id=f"{model}: {path}")


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.mark.parametrize("cell", list(cells()))
def test_a_write_leaves_its_versions_and_no_other(cell: Cell, watch: Watch) -> None:
    trace = cell(watch)

    versions = watch.new()
    assert sorted(map(told, versions)) == sorted(trace.versions)
    assert {version.history_user for version in versions} <= {trace.by}
    assert {version.history_change_reason for version in versions} <= {trace.reason}
    assert {version.source for version in versions} <= {trace.source}
    assert {version.batch_id for version in versions} <= {trace.batch}
    requests = {version.request_id for version in versions}
    assert len(requests) <= 1
    assert {request is not None for request in requests} <= {trace.is_tied}


@pytest.mark.parametrize("path", ROWS)
def test_a_path_is_told_for_every_tracked_model(path: str) -> None:
    assert {*ROWS[path]} == {model.__name__ for model in TRACKED}
    assert all(callable(cell) or cell.endswith(".") for cell in ROWS[path].values())
