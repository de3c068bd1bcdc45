"""The console's addresses with the import pages, however the property's own page mounts them."""

from django.contrib import admin
from django.urls import include, path

from bookings.models import Property
from bookings.resources import PropertyResource
from opsconsole.imports.pages import import_urls
from opsconsole.urls import urlpatterns as console

pages = import_urls(admin.site._registry[Property], PropertyResource)
mounted = [path("bookings/property/", include(pages)), *admin.site.get_urls()]
urlpatterns = [path("", (mounted, "admin", "admin")), *console]
