"""The cases of the leak map, one module for each kind of attack."""

from tests.access.leaks import gone, histories, imports, lookups, reading, rights, writing

__all__ = ["gone", "histories", "imports", "lookups", "reading", "rights", "writing"]
