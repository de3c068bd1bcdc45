"""The auditor's workbench: every change in one list, its review, its evidence."""
