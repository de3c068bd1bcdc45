"""The authentication backend that gives people the permissions of their role."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import QuerySet

from opsconsole.access.lock import hold_to, unlocked
from staffing.models import User


class RoleBackend(ModelBackend):
    """Email and password, and the permissions of the group named after one's `user_type`.

    Nobody is put into a group: what a person is decides it, so the two can't drift apart.
    """

    def authenticate(self, request: Any, *args: Any, **kwargs: Any) -> User | None:
        """Who this is, looked up past the policies: until then the request is nobody's.

        From here on the transaction is held to what that person may see.
        """
        with unlocked():
            user: Any = super().authenticate(request, *args, **kwargs)
        if user is not None:
            hold_to(user)
        return user

    def _get_user_permissions(self, user_obj: User) -> QuerySet[Permission]:
        return Permission.objects.none()

    def _get_group_permissions(self, user_obj: User) -> QuerySet[Permission]:
        return Permission.objects.filter(group__name=user_obj.user_type)
