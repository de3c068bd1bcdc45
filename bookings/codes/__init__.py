"""Codes of homes: how they are encrypted, who may be shown one, and how they are changed."""
