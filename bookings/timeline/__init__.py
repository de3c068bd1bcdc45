"""Homes at a glance: the plans and stays of weeks or months as rows of bars."""
