"""The console's addresses: the admin site is the whole product."""

from django.contrib import admin
from django.urls import path

from opsconsole.site import alive, ready

urlpatterns = [
    path("health/alive", alive, name="alive"),
    path("health/ready", ready, name="ready"),
    path("", admin.site.urls),
]
handler403 = "opsconsole.site.access_denied"
