"""The console's addresses: the admin site is the whole product."""

from django.contrib import admin
from django.urls import path

urlpatterns = [path("", admin.site.urls)]
handler403 = "opsconsole.site.access_denied"
