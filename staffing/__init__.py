"""The people who work here, their roles, and the ZIP codes they look after."""
