"""The database package against real servers, real processes and real kills."""
