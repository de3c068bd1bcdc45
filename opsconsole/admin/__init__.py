"""What every page is made of: `ConsoleAdmin`, its inlines and filters, and the frame of others."""

from opsconsole.admin.base import ConsoleAdmin
from opsconsole.admin.empty import Empty
from opsconsole.admin.filters import ScopedRelatedFilter
from opsconsole.admin.inlines import RelatedRows
from opsconsole.admin.links import Link
from opsconsole.admin.pages import show
from opsconsole.admin.reading import ReadOnly
from opsconsole.admin.sections import RowsBelow

__all__ = [
    "ConsoleAdmin",
    "Empty",
    "Link",
    "ReadOnly",
    "RelatedRows",
    "RowsBelow",
    "ScopedRelatedFilter",
    "show",
]
