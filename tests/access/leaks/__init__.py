"""The cases of the leak map, one module for each kind of attack."""

from tests.access.leaks import exports, gone, histories, imports, lookups, reading, rights, writing

__all__ = ["exports", "gone", "histories", "imports", "lookups", "reading", "rights", "writing"]
