"""The files that people come in: colleagues and ReRenters, one on each row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.urls import reverse

from opsconsole.imports.cells import Choice, Text
from opsconsole.imports.cleaning import Draft
from opsconsole.imports.contacts import Email, Phone
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.problems import Level
from opsconsole.imports.resource import Column, Identity, ImportResource, Rule
from staffing.followers import assignments_changed
from staffing.models import User, ZipAssignment
from staffing.sign_in_links import newcomers

ROLE_WORDS = {
    "owner": User.Type.RERENTER,
    "home owner": User.Type.RERENTER,
    "resident": User.Type.RERENTER,
    "host": User.Type.RERENTER,
    "client": User.Type.RERENTER,
    "customer": User.Type.RERENTER,
    "member of staff": User.Type.STAFF,
    "employee": User.Type.STAFF,
    "field staff": User.Type.STAFF,
    "operations manager": User.Type.MANAGER,
    "ops manager": User.Type.MANAGER,
}
OFFICE = ", ".join(f"'{role.value}'" for role in User.OFFICE)
ROLE = "CASE n.user_type {} END".format(
    " ".join(f"WHEN '{role.value}' THEN '{role.label}'" for role in User.Type)
)
LONGEST_NAME = int(User._meta.get_field("full_name").max_length or 0)

BY_EMAIL = Identity(
    fields=("email",),
    what="email address",
    draft="d.email",
    reference="d.email",
    label="d.email",
    matches=("lower(p.email) = d.email",),
)

ABOVE = Rule(
    field="user_type",
    code="above",
    broken=f"n.user_type IN ({OFFICE}) OR p.user_type IN ({OFFICE})",
    sentence="Managers and auditors are made and changed by an engineer's file, not by yours.",
)
RULES = (
    Rule(
        field="user_type",
        code="becomes_rerenter",
        broken="p.user_type <> 'rerenter' AND n.user_type = 'rerenter'",
        sentence="Somebody who works here does not become a ReRenter by a file: change the role on "
        "their page.",
    ),
    Rule(
        field="user_type",
        code="is_engineer",
        broken="p.is_superuser AND n.user_type <> 'manager'",
        sentence="An engineer stays a manager.",
    ),
    Rule(
        field="email",
        code="inactive",
        broken="NOT n.is_active",
        sentence="They are inactive here, and a file does not change that.",
        level=Level.WARNING,
    ),
)

UNDO_RULES = (
    Rule(
        field="email",
        code="signed_in",
        broken="n.id IS NULL AND p.last_login IS NOT NULL",
        sentence="They have signed in by now: deactivate them on their page.",
    ),
)


class PeopleResource(ImportResource):
    """People by their email. No password travels in a file: who is new gets a one-time link."""

    kind = "people"
    slug = "people"
    permission = "staffing.import_user"
    undo_permission = "staffing.undo_user"
    key_field = "email"
    key_taken = "can't be used: another person has this address."
    label = "p.email"
    derived = ("is_staff",)
    not_in_template = ("first_name", "last_name")
    at_insert: ClassVar = {
        # As Django writes a password that opens nothing; random, so that links differ.
        "password": "'!' || replace(gen_random_uuid()::text, '-', '')",
        "date_joined": "statement_timestamp()",
    }
    # Told when the file does not have them: active people of the roles that it has.
    told_if_missing = "p.is_active AND p.user_type IN (SELECT n_user_type FROM import_judged)"
    rules = RULES
    undo_rules = UNDO_RULES
    sketch = f"concat_ws(', ', nullif(n.full_name, ''), {ROLE}, nullif(n.phone, ''))"
    examples: ClassVar = (
        {
            "email": "example.owner@example.com",
            "full_name": "Example Owner",
            "phone": "(203) 555-0123",
            "user_type": "ReRenter",
        },
        {
            "email": "example.staff@example.com",
            "full_name": "Example Staff",
            "phone": "+1 475 555 0145",
            "user_type": "Staff",
        },
    )

    email = Column(
        "email",
        "Email",
        aliases=("email address", "e-mail address", "mail", "work email", "login"),
        widget=Email(),
        required=True,
    )
    full_name = Column(
        "full_name",
        "Name",
        aliases=("full name", "person", "display name"),
        widget=Text(LONGEST_NAME),
        required=True,
    )
    first_name = Column(
        "first_name", "First name", aliases=("given name", "forename"), stored=False
    )
    last_name = Column("last_name", "Last name", aliases=("surname", "family name"), stored=False)
    phone = Column(
        "phone",
        "Phone",
        aliases=(
            "phone number",
            "mobile",
            "mobile phone",
            "cell",
            "cell phone",
            "telephone",
            "tel",
        ),
        widget=Phone(),
    )
    user_type = Column(
        "user_type",
        "Role",
        aliases=("type", "user type", "kind"),
        widget=Choice(User.Type, ROLE_WORDS),
        required=True,
    )

    class Meta:
        model = User
        import_id_fields = ("email",)
        fields = ("email", "full_name", "first_name", "last_name", "phone", "user_type")

    def identity(self, mapped: Iterable[str]) -> Identity:
        """By the email address, in any case."""
        return BY_EMAIL

    def required(self, mapped: Iterable[str]) -> list[str]:
        """A first or a last name does for the name."""
        has_parts = bool({"first_name", "last_name"} & set(mapped))
        return [name for name in super().required(mapped) if name != "full_name" or not has_parts]

    def complete(self, row: Draft) -> None:
        """The name from its parts, and from the role whether they may sign in."""
        if not row.given.get("full_name") and not row.is_refused("full_name"):
            self._join_name(row)
        if role := row.given.get("user_type"):
            row.given["is_staff"] = role != User.Type.RERENTER

    def _join_name(self, row: Draft) -> None:
        parts = (row.text("first_name"), row.text("last_name"))
        name = " ".join(" ".join(parts).split())
        if len(name) > LONGEST_NAME:
            sentence = f"{len(name)} characters are too many: at most {LONGEST_NAME} fit."
            row.refuse("full_name", "too_long", sentence)
        elif name:
            row.given["full_name"] = name
        elif not row.is_mapped("full_name"):
            sentence = "The name is blank, and a new person needs it."
            row.remark_if_new(Level.ERROR, "full_name", "blank", sentence)

    def rules_for(self, person: Any) -> tuple[Rule, ...]:
        """Nobody changes their own role, and managers and auditors come by an engineer alone."""
        homes = User._meta.get_field("properties").related_model._meta.db_table
        rules = (
            Rule(
                field="user_type",
                code="own",
                broken=f"p.id = {int(person.pk)} AND n.user_type <> p.user_type",
                sentence="Nobody changes their own role.",
            ),
            Rule(
                field="user_type",
                code="has_homes",
                broken="p.user_type = 'rerenter' AND n.user_type <> 'rerenter' AND EXISTS "
                f'(SELECT FROM "{homes}" home WHERE home.owner_id = p.id)',
                sentence="Their homes need a ReRenter: hand those over first.",
            ),
            *self.rules,
        )
        return rules if person.is_superuser else (*rules, ABOVE)

    def next_steps(self, batch: ImportBatch) -> list[tuple[str, str]]:
        """Those who are new and work here get in by a link each."""
        count = newcomers().filter(import_batch=batch).count()
        if not count or batch.undone_at:
            return []
        links = "link" if count == 1 else f"links for {count:,} people"
        address = reverse("admin:staffing_user_import_links", args=[batch.pk])
        return [(f"Make the sign-in {links}", address)]

    def follow(self, batch: ImportBatch) -> None:
        """Whose role changed, whose work may have to be handed back."""
        changed = User.history.filter(batch_id=batch.pk, changed_fields__contains=["user_type"])
        theirs = ZipAssignment.objects.filter(user__in=changed.order_by().values("id"))
        assignments_changed(set(theirs.order_by().values_list("content_object_id", flat=True)))
