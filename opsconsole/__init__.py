"""The roof of the console: settings, admin site, theme, and the machinery the apps stand on."""
