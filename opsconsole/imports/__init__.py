"""Files in and out: reading, mapping, classifying, committing rows by the set."""
