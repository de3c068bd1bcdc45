"""The page that a one-time link opens: its person chooses a password, and signs in with it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse
from django.urls import URLPattern, path, reverse_lazy
from unfold.widgets import UnfoldAdminPasswordWidget

from opsconsole.access.acting import Source, acting
from staffing.models import User
from staffing.sign_in_links import person_of, set_password, tokens


class NewPasswordForm(SetPasswordForm):
    """A password of one's own, typed twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})

    def set_password_and_save(self, user: Any, *args: Any, **kwargs: Any) -> User:
        """As the person themselves: until then the request is nobody's."""
        set_password(user, self.cleaned_data["new_password1"])
        return user


class SignInLink(PasswordResetConfirmView):
    """Django's page of a reset, for the links of this console."""

    form_class = NewPasswordForm
    template_name = "signed_out/set_password.html"
    token_generator = tokens
    success_url = reverse_lazy("admin:login")
    title = "Choose your password"

    def get_user(self, uidb64: str) -> Any:
        """Looked up past the policies: until then the request is nobody's."""
        return person_of(uidb64)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """In the console's colours, as the page of the sign-in."""
        site = admin.site.each_context(self.request)
        return {**site, **super().get_context_data(**kwargs)}

    def form_valid(self, form: Any) -> HttpResponse:
        with acting(self.user, source=Source.CONSOLE, request_id=self.request.request_id):  # type: ignore[attr-defined]
            response = super().form_valid(form)
        messages.success(self.request, "Your password is set. Sign in with it.")
        return response


def sign_in_link_url() -> URLPattern:
    """The address of the links, for `AdminSite.get_urls`."""
    return path("sign-in-link/<str:uidb64>/<str:token>/", SignInLink.as_view(), name="sign_in_link")
