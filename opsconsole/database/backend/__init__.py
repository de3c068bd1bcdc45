"""Django's PostgreSQL backend, which starts the embedded server when nobody has yet."""
