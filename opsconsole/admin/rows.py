"""The rows of a list, in unfold's look, without a template for each cell.

unfold renders a template for every label, heading, checkbox and section of a row, which is most of
the time that a long list takes. Here, how a column is written is found out once for the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import label_for_field, quote
from django.db.models import ForeignKey, Model
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from unfold.admin import checkbox
from unfold.templatetags.unfold_list import (
    LINK_CLASSES,
    TABLE_ACTION_CELL_CLASSES,
    TABLE_CELL_CLASSES,
    result_headers,
)
from unfold.utils import display_for_field, display_for_label, display_for_value

type Write = Callable[[Any], str]  # a cell of a record or what stands in it, as safe HTML

TICK = "action_checkbox"
MARK = ":key:"  # where the key of a record goes; no query of an address has a colon in it
KEY = "<key>"  # the same in a row; no value has it, for its brackets would be escaped
LINK = " ".join(LINK_CLASSES)
CELL, TICK_CELL = " ".join(TABLE_CELL_CLASSES), " ".join(TABLE_ACTION_CELL_CLASSES)
SHADES = ("", "bg-base-50 dark:bg-white/[.02]")
OPENER = """\
<td class="align-middle border-t border-base-200 w-px dark:border-base-800"><button type="button" \
class="console-opener flex h-8 items-center justify-center w-8" aria-expanded="false" \
aria-label="{title}" aria-describedby="row-{key}" data-below="{address}"><span aria-hidden="true" \
class="material-symbols-outlined">chevron_right</span></button></td>"""
FIRST_LINE = '<strong class="block font-normal">{}</strong>'
OTHER_LINE = '<p class="text-base-500">{}</p>'


class Rows:
    """The page of a list that is shown: its headings, and the bodies of its table, one a record."""

    def __init__(self, changelist: Any) -> None:
        self.changelist = changelist
        self.headings = list(result_headers(changelist))

    @property
    def sorted_by(self) -> int:
        """By how many columns the list is sorted."""
        return sum(heading.get("sorted", False) for heading in self.headings)

    def __str__(self) -> SafeString:
        return as_safe("".join(self._bodies()))

    def _bodies(self) -> Iterator[str]:
        cells = [*self._openers(), *self._cells()]
        for number, record in enumerate(self.changelist.result_list):
            row = "".join([write(record) for write in cells])
            row = row.replace(KEY, as_html(quote(record.pk)))
            body = f'<tbody class="relative {SHADES[number % 2]}">'
            yield f'{body}<tr class="data-row relative">{row}</tr></tbody>'

    def _openers(self) -> Iterator[Write]:
        """The button that folds out what is below a row, where there is such."""
        if below := self.changelist.model_admin.rows_below:
            address = self._page_of_record("below")
            button = OPENER.format(title=as_html(below.title), key=MARK, address=address)
            yield _constant(button)

    def _cells(self) -> Iterator[Write]:
        page, linked, is_headed = self.changelist.model_admin, self._linked(), False
        for name in self.changelist.list_display:
            if name == TICK:
                yield _tick()
                continue
            write, tag, heads = written(page, name), "td", ""
            if name in linked:
                write = self._way_to_record(write)
                if not is_headed:
                    tag, heads, is_headed = "th", f' scope="row" id="row-{MARK}"', True
            before = f'<{tag}{heads} class="field-{name} {CELL}">'
            yield _between(before, write, f"</{tag}>")

    def _linked(self) -> Iterable[str]:
        return self.changelist.list_display_links or ()

    def _way_to_record(self, write: Write) -> Write:
        """A link to the page of a record, from which one comes back to the list as it is."""
        changelist, page = self.changelist, self._page_of_record("change")
        kept = {"opts": changelist.opts, "preserved_filters": changelist.preserved_filters}
        address = as_html(add_preserved_filters(kept, page))
        opener = f' data-popup-opener="{MARK}"' if changelist.is_popup else ""
        return _between(f'<a href="{address}" class="{LINK}"{opener}>', write, "</a>")

    def _page_of_record(self, name: str) -> str:
        opts = self.changelist.opts
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=[MARK])


def written(page: Any, name: str) -> Write:
    """How a column of a page, or a field of its records, is written."""
    _, attr = label_for_field(name, page.model, page, return_attr=True)
    if attr is None:
        return _field(page.model._meta.get_field(name), page.get_empty_value_display())
    empty = getattr(attr, "empty_value_display", page.get_empty_value_display())
    value = attr if callable(attr) else lambda record: getattr(record, name)
    if colours := getattr(attr, "label", None):
        return _label(value, colours, empty)
    if getattr(attr, "header", False):
        return lambda record: _two_lines(*value(record))
    if getattr(attr, "boolean", False):
        return _once(value, lambda found: display_for_value(found, empty, boolean=True))
    return lambda record: as_html(display_for_value(value(record), empty))


def written_field(model: type[Model], name: str) -> Write:
    """How a field of records is written where no page has a say."""
    return _field(model._meta.get_field(name), "–")


def _field(field: Any, empty: str) -> Write:
    if isinstance(field, ForeignKey):
        return lambda record: as_html(found if (found := getattr(record, field.name)) else empty)
    return _once(
        lambda record: getattr(record, field.attname),
        lambda value: as_html(display_for_field(value, field, empty)),
    )


def _two_lines(first: str, second: str) -> str:
    return FIRST_LINE.format(as_html(first)) + _other_line(second)


def _other_line(words: str) -> str:
    return OTHER_LINE.format(as_html(words)) if words else ""


def _label(value: Write, colours: dict[str, str], empty: str) -> Write:
    """A coloured word; of three parts, the third stands below, too long for a label."""
    label = _once(lambda found: found, lambda found: display_for_label(found, empty, colours))

    def write(record: Any) -> str:
        match value(record):
            case (key, word, below):
                return label((key, word)) + _other_line(below)
            case found:
                return label(found)

    return write


def _once(value: Callable[[Any], Any], write: Write) -> Write:
    """What is equal in many rows is written once."""
    known: dict[Any, str] = {}

    def look_up(record: Any) -> str:
        found = value(record)
        if found not in known:
            known[found] = write(found)
        return known[found]

    return look_up


def _tick() -> Write:
    """The box to choose a record by; the heading of the row is its name."""
    box = checkbox.render(ACTION_CHECKBOX_NAME, MARK, {"aria-labelledby": f"row-{MARK}"})
    return _constant(f'<td class="{TICK_CELL}">{box}</td>')


def _constant(html: str) -> Write:
    html = html.replace(MARK, KEY)
    return lambda record: html


def _between(before: str, write: Write, after: str) -> Write:
    before = before.replace(MARK, KEY)
    return lambda record: before + write(record) + after


def as_html(value: Any) -> str:
    """What is no HTML already, escaped. Django's own takes five times as long, for lazy strings."""
    return str(value) if hasattr(value, "__html__") else escape(str(value))


def as_safe(text: str) -> SafeString:
    """What was written here, as a template takes it."""
    return mark_safe(text)  # noqa: S308  (each part of it was escaped by whoever wrote it)
