"""Lock 1 for everything an admin page offers, shared by pages and inlines."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest

from opsconsole.access import registry
from opsconsole.access.policies import is_offered


class SearchBox(AutocompleteSelect):
    """Django's autocomplete, which asks the database for the label of any value it is given."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        """The options, without values that are the id of nothing."""
        model = self.field.remote_field.model
        return super().optgroups(name, [pk for pk in value if as_pk(model, pk) is not None], attrs)


class Scoped(BaseModelAdmin):
    """Rows, choices and permissions as the registry and the role give them.

    It stands first among the bases of `ConsoleAdmin` and the inlines, so that what unfold and
    Django answer passes through here last.
    """

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Only rows this person may see: lists, forms, actions, exports and search start here."""
        return registry.visible(super().get_queryset(request), request.user)

    def get_field_queryset(
        self, db: str | None, db_field: Any, request: HttpRequest
    ) -> models.QuerySet[Any]:
        """Only choices this person may see; the posted value is checked against the same."""
        queryset = super().get_field_queryset(db, db_field, request)
        if queryset is None:
            queryset = db_field.remote_field.model._default_manager.using(db)
        return registry.visible(queryset, request.user)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A box to search in survives whatever an address or a post puts into it."""
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SearchBox(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Adding is a question to the role alone: where, the form's choices decide."""
        return self._role_allows(request, "add")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Looking at the model, or at this object."""
        return self.allows(request, "view", obj) or self.allows(request, "change", obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Changing rows of the model, or this object."""
        return self.allows(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deleting rows of the model, or this object."""
        return self.allows(request, "delete", obj)

    def allows(self, request: HttpRequest, verb: str, obj: Any = None) -> bool:
        """Whether role and scope allow a verb on an object: itself, its id, or None for the model.

        unfold passes the id from the address as it came.
        """
        if not self._role_allows(request, verb):
            return False
        if obj is None or (isinstance(obj, models.Model) and obj.pk is None):
            return True  # not saved yet: where it may lie is for save_model to say
        return self._in_scope(request, obj.pk if isinstance(obj, models.Model) else obj)

    def _in_scope(self, request: HttpRequest, pk: Any) -> bool:
        """Asked a dozen times for one page, so a request remembers the answer."""
        answers = request.__dict__.setdefault("answers_of_the_scope", {})
        question = (self.opts.label, str(pk))
        if question not in answers:
            rows = self.opts.model._base_manager.filter(pk=as_pk(self.opts.model, pk))
            answers[question] = registry.visible(rows, request.user).exists()
        return answers[question]

    def _role_allows(self, request: HttpRequest, verb: str) -> bool:
        permission = f"{self.opts.app_label}.{verb}_{self.opts.model_name}"
        return request.user.has_perm(permission) and is_offered(permission)


def as_pk(model: type[models.Model], value: Any) -> Any:
    """A primary key out of an address; None for what is the id of nothing."""
    try:
        return model._meta.pk.to_python(unquote(str(value)))
    except (ValidationError, ValueError):
        return None
