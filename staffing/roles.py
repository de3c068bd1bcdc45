"""What each role may do, in one table. domain.md's table of roles in permissions.

A permission opens a model; which of its rows a person may touch is the scope's to say.
"""

from collections import defaultdict
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Model

from staffing.models import User

ROLES: dict[str, tuple[str, ...]] = {
    User.Type.MANAGER: (
        "bookings.view_property",
        "bookings.add_property",
        "bookings.change_property",
        "bookings.import_property",
        "bookings.export_property",
        "bookings.undo_property",
        "bookings.restore_property",
        "bookings.view_awayplan",
        "bookings.add_awayplan",
        "bookings.change_awayplan",
        "bookings.decide_awayplan",
        "bookings.import_awayplan",
        "bookings.undo_awayplan",
        "bookings.restore_awayplan",
        "bookings.view_booking",
        "bookings.add_booking",
        "bookings.change_booking",
        "bookings.restore_booking",
        "bookings.view_task",
        "bookings.add_task",
        "bookings.change_task",
        "bookings.view_checklistitem",
        "bookings.add_checklistitem",
        "bookings.change_checklistitem",
        "bookings.view_accesssecret",
        "bookings.add_accesssecret",
        "bookings.change_accesssecret",
        "bookings.reveal_accesssecret",
        "bookings.view_secretreveal",
        "bookings.view_recordnote",
        "bookings.add_recordnote",
        "bookings.change_recordnote",
        "imports.view_importbatch",
        "exports.view_export",
        "staffing.view_user",
        "staffing.add_user",
        "staffing.change_user",
        "staffing.import_user",
        "staffing.undo_user",
        "staffing.view_zipcode",
        "staffing.change_zipcode",
        "staffing.view_zipassignment",
        "staffing.add_zipassignment",
        "staffing.change_zipassignment",
        "staffing.delete_zipassignment",
        "staffing.import_zipassignment",
        "staffing.undo_zipassignment",
        "staffing.view_viewing",
        "staffing.add_viewing",
        "staffing.change_viewing",
        "workbench.view_planreview",
        "workbench.export_planreview",
        "saved_views.share_savedview",
    ),
    User.Type.STAFF: (
        "bookings.view_property",
        "bookings.change_property",
        "bookings.view_awayplan",
        "bookings.add_awayplan",
        "bookings.change_awayplan",
        "bookings.decide_awayplan",
        "bookings.view_booking",
        "bookings.add_booking",
        "bookings.change_booking",
        "bookings.view_task",
        "bookings.add_task",
        "bookings.change_task",
        "bookings.view_checklistitem",
        "bookings.add_checklistitem",
        "bookings.change_checklistitem",
        "bookings.view_accesssecret",
        "bookings.reveal_accesssecret",
        "bookings.view_recordnote",
        "bookings.add_recordnote",
        "bookings.change_recordnote",
        "staffing.view_user",
        "staffing.view_zipcode",
        "staffing.view_zipassignment",
    ),
    User.Type.AUDITOR: (
        "bookings.view_property",
        "bookings.view_awayplan",
        "bookings.view_booking",
        "bookings.view_task",
        "bookings.view_checklistitem",
        "bookings.view_accesssecret",
        "bookings.view_secretreveal",
        "bookings.view_recordnote",
        "imports.view_importbatch",
        "exports.view_export",
        "staffing.view_user",
        "staffing.view_zipcode",
        "staffing.view_zipassignment",
        "staffing.view_viewing",
        "workbench.view_planreview",
        "workbench.review_planreview",
        "workbench.export_planreview",
    ),
    User.Type.RERENTER: (),
}

# Nobody grants a role above their own, or edits whose role it is.
RANKS: dict[str, int] = {
    User.Type.RERENTER: 0,
    User.Type.STAFF: 1,
    User.Type.AUDITOR: 2,
    User.Type.MANAGER: 3,
}
ENGINEERS = 4


def rank_of(person: User) -> int:
    """How high this person's role is; engineers stand above all."""
    return ENGINEERS if person.is_superuser else RANKS[person.user_type]


def verbs_on(model: type[Model]) -> list[str]:
    """What some role may do to one object of a model, seeing first.

    Adding, importing and undoing an import are left out: they are about no object, or about many.
    """
    named = [name for names in ROLES.values() for name in names]
    verbs = dict.fromkeys(verb for name in named if (verb := _verb_on(model, name)))
    return sorted(verbs.keys() - {"add", "import", "undo"}, key=["view", *verbs].index)


def roles_that_may(model: type[Model]) -> dict[str, set[str]]:
    """For each verb on a model, the roles that have its permission, as `RoleBackend` reads them."""
    app_label, name = model._meta.app_label, model._meta.model_name
    rows = Permission.objects.filter(content_type__app_label=app_label, content_type__model=name)
    roles: dict[str, set[str]] = defaultdict(set)
    for codename, role in rows.values_list("codename", "group__name"):
        roles[_verb_on(model, f"{app_label}.{codename}")].add(role)
    return roles


def _verb_on(model: type[Model], permission: str) -> str:
    app_label, _, codename = permission.partition(".")
    verb, _, name = codename.partition("_")
    return verb if (app_label, name) == (model._meta.app_label, model._meta.model_name) else ""


def sync_roles(**kwargs: Any) -> None:
    """Give each role's group exactly the permissions of the table (after every migrate)."""
    wanted = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for role, names in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set(wanted[name] for name in names if name in wanted)
