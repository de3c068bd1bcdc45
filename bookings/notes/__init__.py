"""Notes on records: who is mentioned in them, and how they are written and withdrawn."""
