"""The authentication backend that answers every question about one object."""

from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.db import models

from opsconsole.access.registry import in_scope


class ScopeVeto(BaseBackend):
    """May this person do this to this object: the role must allow it, and the scope.

    It stands first in AUTHENTICATION_BACKENDS and raises PermissionDenied for a no, which ends
    the search: a later backend (a stray object permission of guardian's) can't turn it round.
    """

    def has_perm(self, user_obj, perm, obj=None):  # type: ignore[no-untyped-def]
        if obj is None:
            return False  # no object: the role alone answers, in a later backend
        if not isinstance(obj, models.Model):
            raise PermissionDenied
        if user_obj.is_active and user_obj.has_perm(perm) and in_scope(user_obj, obj):
            return True
        raise PermissionDenied
