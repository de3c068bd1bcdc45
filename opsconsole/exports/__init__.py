"""Files out: the records of a list, written as the import of the same kind reads them."""
