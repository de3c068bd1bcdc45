"""Views of lists: an order, a search and filters under a name."""
