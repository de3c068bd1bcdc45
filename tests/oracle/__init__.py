"""A second opinion on who may see and change what, and random requests that compare the two."""
