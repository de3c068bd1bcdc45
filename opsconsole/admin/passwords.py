"""Changing one's own password."""

from __future__ import annotations

from typing import Any

from unfold.forms import AdminOwnPasswordChangeForm


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """Writes the password alone: whatever their role, people may change no more of themselves."""

    def set_password_and_save(self, user: Any, *args: Any, **kwargs: Any) -> Any:
        super().set_password_and_save(user, *args, **{**kwargs, "commit": False})
        user.save(update_fields=["password", "password_set_at"])
        return user
