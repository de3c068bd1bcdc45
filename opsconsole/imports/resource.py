"""What a file of one kind of record holds: columns, rules, and how a row is recognised.

A resource is the one place for columns, labels, aliases and cleaning: import, export and the
template all ask it. django-import-export gives its shape; its own way of writing is not used.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import connection, models
from import_export.fields import Field
from import_export.resources import ModelResource

from opsconsole.access.people import Person
from opsconsole.imports.cells import CellWidget, Text, plain
from opsconsole.imports.dates import Dates
from opsconsole.imports.problems import Level

if TYPE_CHECKING:
    from opsconsole.imports.cleaning import Draft
    from opsconsole.imports.models import ImportBatch

CLEAR = "(clear)"
EXAMPLE = "example"


class Column(Field):
    """A column that files may have: its name for people, its aliases, how a cell is read.

    `reads` names the fields whose texts the widget looks at besides its own. A column that is not
    `stored` has no field of the model: `complete` makes something of its text (`Draft.text`).
    """

    widget: CellWidget

    def __init__(
        self,
        attribute: str,
        title: str,
        *,
        aliases: tuple[str, ...] = (),
        widget: CellWidget | None = None,
        required: bool = False,
        reads: tuple[str, ...] = (),
        stored: bool = True,
    ) -> None:
        super().__init__(attribute, title, widget or Text())
        self.title, self.aliases, self.required, self.reads = title, aliases, required, reads
        self.stored = stored

    @property
    def field(self) -> str:
        """The name of the model's field."""
        return str(self.attribute).split("__")[0]


class DateColumn(Column):
    """A column of dates. Where no value tells whether the month or the day comes first, the
    mapping asks, and keeps the answer under `order` beside the values that every row gets.
    """

    def __init__(self, attribute: str, title: str, **options: Any) -> None:
        self.order = f"{attribute}_order"
        super().__init__(attribute, title, widget=Dates(self.order), reads=(self.order,), **options)


@dataclass(frozen=True)
class Identity:
    """How a row of the file is recognised as a record, in SQL.

    `draft` gives the row's identity from the row `d`; `reference` the value of the key field that
    a new record gets; `label` what the preview calls the row; `matches` are the conditions, the
    best first, on which a stored record `p` is the row's.
    """

    fields: tuple[str, ...]
    what: str
    draft: str
    reference: str
    label: str
    matches: tuple[str, ...]


@dataclass(frozen=True)
class Unique:
    """Something that no two records may share, in SQL: `key` is null where it does not matter.

    `key` is that of the record `n` as it would become, `match` the condition on which a stored
    record `p` has it, written so that the unique index is used. What takes long to work out of
    `n` is written once, in `derived`, and has its name there for both. `in_file` ends a sentence
    about lines of the file, `stored` is the sentence (SQL) about the stored record.
    """

    field: str
    key: str
    match: str
    in_file: str
    stored: str
    derived: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def match_in_full(self) -> str:
        """The condition for where nothing was derived."""
        full = self.match
        for name, sql in self.derived.items():
            full = re.sub(rf"\bn\.{name}\b", f"({sql})", full)
        return full


@dataclass(frozen=True)
class Overlap:
    """Days that no two records of one thing may share, in SQL.

    `of` are the columns that say what the days are of, and `days` is the range that the record
    `n` takes up, null where it takes up none; for a stored record both are asked of `p`.
    `in_file` ends a sentence about lines of the file, `stored` is the one (SQL) about a record.
    """

    field: str
    of: tuple[str, ...]
    days: str
    in_file: str
    stored: str


@dataclass(frozen=True)
class Rule:
    """What must not be true of a record: `p` as it is (null if new), `n` as it would become.

    With the level of a warning, what is told about a record that is written all the same, or that
    the row leaves unchanged (`p` is null then): such a rule asks `n`.
    """

    field: str
    code: str
    broken: str
    sentence: str
    level: Level = Level.ERROR


@dataclass(frozen=True)
class Told:
    """A note on some rows: `rows` is SQL that gives the number of each and the sentence."""

    field: str
    code: str
    rows: str


@dataclass(frozen=True)
class Offer:
    """A way out of what was rejected: the words on the button, and the value for every row that it
    sets. Without a field, a hint that leads to the mapping.
    """

    words: str
    field: str = ""
    value: str = ""


_by_kind: dict[str, type[ImportResource]] = {}


def resource_of(kind: str) -> ImportResource:
    """The resource of a batch, by the kind of its file."""
    return _by_kind[kind]()


def resources_by_slug() -> dict[str, type[ImportResource]]:
    """Every resource by its name in commands, in the order of the names."""
    return {found.slug: found for found in sorted(_by_kind.values(), key=lambda found: found.slug)}


class ImportResource(ModelResource):
    """The base of every resource: declare Columns, Meta.model, Meta.fields and the rules."""

    key_field: ClassVar[str]
    kind: ClassVar[str]  # of file, as a batch keeps it
    slug: ClassVar[str]  # its name in commands
    permission: ClassVar[str]
    undo_permission: ClassVar[str] = ""  # where imports of the kind can be undone
    export_permission: ClassVar[str]
    key_is_unique: ClassVar[bool] = True  # else records are told apart by more than the key
    uniques: ClassVar[tuple[Unique, ...]] = ()
    overlaps: ClassVar[tuple[Overlap, ...]] = ()
    rules: ClassVar[tuple[Rule, ...]] = ()
    # What keeps a record `p` from being undone; `n` is what it was, null where the import made it.
    undo_rules: ClassVar[tuple[Rule, ...]] = ()
    # Which records `p` the preview names that the file does not have; nothing happens to them.
    told_if_missing: ClassVar[str] = ""
    label: ClassVar[str] = ""  # what a record `p` is called, in SQL; by its key field if not said
    derived: ClassVar[tuple[str, ...]] = ()  # database columns that follow others, never compared
    # Database columns that get a new value for each new record: SQL over the record `n`.
    at_insert: ClassVar[Mapping[str, str]] = {}
    # What is said of a new row whose key a record has that the person can't see (`{key}` in SQL).
    key_taken: ClassVar[str] = "can't be used as a reference: choose another."
    split_off: ClassVar[Mapping[str, str]] = {}  # database columns, taken from the text of others
    if_new: ClassVar[tuple[str, ...]] = ()  # database columns that `complete` may fill for new ones
    only_changes: ClassVar[bool] = False  # records come from elsewhere: a file never makes one
    is_spread: ClassVar[bool] = False  # a row may name several records: see `spread`
    sketch: ClassVar[str] = "''"  # a new record `n` in a few words, in SQL

    # Two rows that the template shows, each text by its field; a date is so many days from today.
    # A key that begins with "example" is told from one of the company's own, and warned of.
    examples: ClassVar[tuple[dict[str, str], ...]] = ()

    fields: dict[str, Column]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _by_kind[cls.kind] = cls

    @property
    def model(self) -> type[models.Model]:
        """The model whose records the file holds."""
        return self._meta.model

    @property
    def one(self) -> str:
        """A record as staff say it: property."""
        return str(self.model._meta.verbose_name)

    @property
    def many(self) -> str:
        """Records as staff say it: properties."""
        return str(self.model._meta.verbose_name_plural)

    def identity(self, mapped: Iterable[str]) -> Identity:
        """How rows are recognised when these fields are mapped."""
        raise NotImplementedError

    def required(self, mapped: Iterable[str]) -> list[str]:
        """The fields that a file has to bring, by a column or one value for every row."""
        return [name for name, column in self.fields.items() if column.required]

    def rules_for(self, person: Any) -> tuple[Rule, ...]:
        """The rules that hold for a file of this person."""
        return self.rules

    def complete(self, row: Draft) -> None:
        """What several cells of a row say together; called once the cells are clean."""

    def spread(self, row: Draft) -> Iterable[Draft]:
        """The records that a row names, where `is_spread`; called once the row is complete."""
        return (row,)

    def follow(self, batch: ImportBatch) -> None:
        """What follows from records that were just written, or undone; in the same transaction."""

    # What a file makes along with its own records, such as the owners of its homes

    also_undone: ClassVar[tuple[type[ImportResource], ...]] = ()  # the resources of those
    not_in_template: ClassVar[tuple[str, ...]] = ()  # columns that few files need

    def before_judging(self) -> None:
        """Called once the rows are staged, before they are judged."""

    def before_writing(self, batch: ImportBatch) -> None:
        """Make what the rows that will be written need; in the same transaction."""

    def tellings(self) -> list[Told]:
        """What is told of some rows once all of them are judged."""
        return []

    def also_makes(self) -> dict[str, Any]:
        """How many are made along (`count`), what they are (`what`), and who the first are."""
        return {}

    def offers(self, batch: ImportBatch, person: Any) -> list[Offer]:
        """What this person may try after a preview in which rows were rejected."""
        return []

    def next_steps(self, batch: ImportBatch) -> list[tuple[str, str]]:
        """What is to be done after an import: the words and the address of each page."""
        return []

    def load(self, texts: dict[str, set[str]], person: Person) -> None:
        """Show the widgets that look ahead all the texts of their column."""
        for name, column in self.fields.items():
            if column.widget.looks_ahead:
                column.widget.load(texts.get(name, set()), person)

    @property
    def example_keys(self) -> set[str]:
        """By which a row of the template is known that nobody replaced."""
        keys = (row.get(self.key_field, "") for row in self.examples)
        return {key for key in keys if key.casefold().startswith(EXAMPLE)}

    @property
    def date_columns(self) -> dict[str, DateColumn]:
        """The columns of dates by their field."""
        return {n: column for n, column in self.fields.items() if isinstance(column, DateColumn)}

    @property
    def called(self) -> str:
        """SQL for what a record `p` is called."""
        return self.label or f'p."{self.stored_as(self.key_field)}"::text'

    @property
    def stored(self) -> dict[str, Column]:
        """The columns that have a field of the model."""
        return {name: column for name, column in self.fields.items() if column.stored}

    def stored_as(self, name: str) -> str:
        """The database column of a field: owner_id for owner."""
        return str(self.model._meta.get_field(self.fields[name].field).column)  # type: ignore[union-attr]

    def field_stored_as(self, column: str) -> str:
        """The field of a database column: owner for owner_id."""
        return next((name for name in self.stored if self.stored_as(name) == column), column)

    def title_of(self, column: str) -> str:
        """What people call a database column."""
        name = self.field_stored_as(column)
        return self.fields[name].title if name in self.fields else column

    def cleared(self, name: str) -> Any:
        """What `(clear)` leaves in the field; ValueError where it can't be empty."""
        field: Any = self.model._meta.get_field(self.fields[name].field)
        if field.null:
            return None
        if field.blank and isinstance(field, models.CharField | models.TextField):
            return ""
        raise ValueError

    def column_types(self) -> dict[str, str]:
        """The database columns that the resource writes, with their types."""
        types, columns = self.all_columns(), [*map(self.stored_as, self.stored), *self.derived]
        return {column: types[column] for column in columns}

    def all_columns(self) -> dict[str, str]:
        """The type of each database column of a record, without its key."""
        fields = [field for field in self.model._meta.concrete_fields if not field.primary_key]
        return {str(field.column): _type_of(field) for field in fields}

    def text_columns(self) -> set[str]:
        """The database columns whose texts are tidied up on their way in."""
        return {self.stored_as(n) for n, column in self.stored.items() if column.widget.keeps_text}

    def is_nullable(self, column: str) -> bool:
        """Whether the column can be emptied to null."""
        return any(f.null for f in self.model._meta.concrete_fields if f.column == column)

    def record_defaults(self) -> dict[str, Any]:
        """What a new record has in each database column unless the file says otherwise."""
        return {
            str(field.column): jsonable(field.get_default())
            for field in self.model._meta.concrete_fields
            if not field.primary_key
            and field.column not in self.at_insert
            and (field.has_default() or not field.null)
        }

    def aliases_of(self, name: str) -> list[str]:
        """All the names a file may use for a field, reduced to letters and digits."""
        column = self.fields[name]
        return [plain(alias) for alias in (name, column.title, *column.aliases)]

    def say(self, column: str, value: Any) -> str:
        """A stored value as the preview shows it."""
        name = self.field_stored_as(column)
        if value is None or value == "":
            return "empty"
        if name not in self.fields:
            return str(value)
        return str(self.fields[name].widget.render(value))


def _type_of(field: Any) -> str:
    """Of the column, which for a relation is that of the key it points to."""
    return str((field.rel_db_type if field.is_relation else field.db_type)(connection))


def refusal(model: type[models.Model], constraint: str) -> str:
    """What the database's own constraint says where it is broken."""
    [found] = [known for known in model._meta.constraints if known.name == constraint]
    return str(found.violation_error_message)


def jsonable(value: Any) -> Any:
    """The value as the staging table keeps it."""
    if isinstance(value, str) or value is None or isinstance(value, int):
        return value
    return format(value, "f") if isinstance(value, Decimal) else str(value)
