"""What every page of the console is made of: `ConsoleAdmin`, its inlines and filters."""

from opsconsole.admin.base import ConsoleAdmin
from opsconsole.admin.filters import ScopedRelatedFilter
from opsconsole.admin.inlines import RelatedRows
from opsconsole.admin.links import Link

__all__ = [
    "ConsoleAdmin",
    "Link",
    "RelatedRows",
    "ScopedRelatedFilter",
]
