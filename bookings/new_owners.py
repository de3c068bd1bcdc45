"""Owners out of a file of homes: ReRenters who are not known yet, made together with their homes.

Until they are written a row names such an owner by a negative number, the same for each run over
the file. It takes the value of the option `make_owners` for every row, and the person's permission
to add people; names and phones come from columns of the file.
"""

# ruff: noqa: S608  (the SQL is put together from the models' own names, not from what people send)

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models.functions import Lower

from opsconsole.access.lock import unlocked
from opsconsole.access.people import Person
from opsconsole.imports.cells import YES, Related, Text, YesNo
from opsconsole.imports.cleaning import Draft
from opsconsole.imports.contacts import Phone, read_email
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.problems import Level, Remark, Unacceptable, quoted
from opsconsole.imports.resource import Rule, Told
from opsconsole.imports.staging import ALONG
from staffing.models import User
from staffing.people_resources import LONGEST_NAME, PeopleResource

OPTION = "make_owners"
NAMED = 100  # new owners that the preview names in one place
USED = (
    "SELECT DISTINCT j.n_owner_id FROM import_judged j JOIN import_outcome o USING (row) "
    "WHERE o.action IN ('create', 'update') AND j.n_owner_id < 0"
)
SAID = f"concat_ws(', ', {ALONG}.full_name, {ALONG}.email, nullif({ALONG}.phone, ''))"
NAMELESS = Rule(
    field="owner",
    code="nameless",
    broken=f"n.owner_id < 0 AND EXISTS (SELECT FROM {ALONG} "
    f"WHERE {ALONG}.id = n.owner_id AND {ALONG}.full_name = '')",
    sentence="This owner is not known here, and the file does not say their name: fill in the "
    "column with the owner's name.",
)


@dataclass
class NewOwner:
    """Somebody whom the file names as an owner and whom nobody here knows."""

    email: str
    full_name: str = ""
    phone: str = ""
    line: int = 0  # where the name stands


class MakeOwners(YesNo):
    """Whether unknown owners are made: known before the first owner is read."""

    looks_ahead = True


class Owners(Related):
    """ReRenters by their email; unknown ones by a number below 0, where the file makes them."""

    def __init__(self) -> None:
        rerenters = User.objects.rerenters().annotate(address=Lower("email"))
        super().__init__(rerenters, "address", "ReRenter with the email")
        self.new: dict[int, NewOwner] = {}
        self.taken: set[str] = set()

    def spelled(self, text: str) -> str:
        """The address, whatever stands around it."""
        found = read_email(text)
        return found.address if found else text.casefold()

    def load_new(self, texts: Iterable[str]) -> None:
        """Number those whom nobody here knows; an address of somebody else can't be an owner's."""
        addresses = sorted({found.address for text in texts if (found := read_email(text))})
        self.taken = _taken({*addresses} - self.known.keys())
        for number, address in enumerate(addresses, start=1):
            if address not in self.known and address not in self.taken:
                self.known[address] = -number
                self.new[-number] = NewOwner(address)

    def unknown(self, text: str) -> Unacceptable:
        if self.spelled(text) in self.taken:
            return Unacceptable(
                "taken", f"{quoted(text)} is the address of somebody who is not a ReRenter."
            )
        return super().unknown(text)

    def labels(self, ids: Iterable[int]) -> dict[int, str]:
        """Those who were not known yet have no record to be named by."""
        ids = set(ids)
        return super().labels(ids) | {pk: "a new ReRenter" for pk in ids if pk < 0}

    def complete(self, row: Draft) -> None:
        """Take the name and the phone of a new owner out of the row."""
        owner = self.new.get(row.given.get("owner_id") or 0)
        if owner is None:
            return
        name = self._read(row, "owner_name", NAME)
        phone = self._read(row, "owner_phone", PHONE)
        if name and owner.full_name and name != owner.full_name:
            sentence = f"Line {owner.line} calls this owner {quoted(owner.full_name)}: so they are."
            row.remark("owner_name", Remark(Level.WARNING, "differs", sentence))
        if name and not owner.full_name:
            owner.full_name, owner.line = name, row.line
        owner.phone = owner.phone or phone

    def _read(self, row: Draft, field: str, widget: Any) -> str:
        """The value of a cell, or nothing: what is wrong with it is told of the row."""
        text, remarks = row.text(field), list[Remark]()
        try:
            return str(widget.clean(text, {}, remarks)) if text else ""
        except Unacceptable as refused:
            row.refuse(field, refused.code, str(refused))
            return ""

    def stage(self) -> None:
        """Put them where the statements of the import find them."""
        text = io.StringIO(newline="")
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows(
            (number, owner.email, owner.full_name, owner.phone)
            for number, owner in self.new.items()
        )
        text.seek(0)
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TEMPORARY TABLE {ALONG} (id bigint PRIMARY KEY, email text NOT NULL, "
                "full_name text NOT NULL, phone text NOT NULL) ON COMMIT DROP"
            )
            cursor.copy_expert(f"COPY {ALONG} FROM STDIN (FORMAT csv)", text)
            cursor.execute(f"ANALYZE {ALONG}")


NAME, PHONE = Text(LONGEST_NAME), Phone()


def _taken(addresses: set[str]) -> set[str]:
    """Those that are somebody's here, asked past the policies: that they are is all it tells."""
    with unlocked():
        people = User._base_manager.annotate(address=Lower("email"))
        return {*people.filter(address__in=addresses).values_list("address", flat=True)}


def wants(texts: Mapping[str, set[str]], person: Person) -> bool:
    """Whether the file makes owners, and the person may."""
    said = {text.casefold() for text in texts.get(OPTION, ())}
    return bool(said) and said <= YES and may_make(person)


def may_make(person: Any) -> bool:
    """Whether this person may add ReRenters."""
    return bool(person.has_perm("staffing.add_user"))


def tellings() -> list[Told]:
    """Each new owner, on the first of their rows."""
    first = (
        f"SELECT min(j.row), 'Makes the ReRenter ' || {SAID} || '.' FROM import_judged j "
        f"JOIN {ALONG} ON {ALONG}.id = j.n_owner_id GROUP BY {ALONG}.id"
    )
    return [Told("owner", "new", first)]


def also_makes() -> dict[str, Any]:
    """How many are made with the rows that are imported, and who the first are."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) OVER (), {SAID} FROM {ALONG} WHERE id IN ({USED}) "
            f"ORDER BY full_name, email LIMIT {NAMED}"
        )
        rows = cursor.fetchall()
    if not rows:
        return {}
    count = rows[0][0]
    what = str(User.Type.RERENTER.label) + ("" if count == 1 else "s")
    return {"what": what, "count": count, "named": [who for _, who in rows]}


def make(batch: ImportBatch) -> None:
    """Write them, and give the judged rows the numbers that they have from here on."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH made AS (
                INSERT INTO {User._meta.db_table} (email, full_name, phone, user_type, is_staff,
                    is_superuser, is_active, password, date_joined, import_batch_id)
                SELECT email, full_name, phone, 'rerenter', false, false, true,
                    {PeopleResource.at_insert["password"]}, statement_timestamp(), %s
                FROM {ALONG} WHERE id IN ({USED}) ORDER BY email
                RETURNING id, email
            )
            UPDATE import_judged j SET n_owner_id = made.id
            FROM {ALONG} JOIN made USING (email) WHERE {ALONG}.id = j.n_owner_id
            """,
            [batch.pk],
        )
