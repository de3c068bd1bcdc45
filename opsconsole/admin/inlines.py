"""Related rows inside a form, scoped like the pages."""

from __future__ import annotations

from unfold.admin import StackedInline, TabularInline

from opsconsole.admin.scope import Scoped


class ConsoleTabularInline(Scoped, TabularInline):
    """Related rows as a table."""

    extra = 0
    show_change_link = True
    can_delete = False
    tab = True


class ConsoleStackedInline(Scoped, StackedInline):
    """Related rows below one another."""

    extra = 0
    show_change_link = True
    can_delete = False
    tab = True
