"""Two versions of a schema: what differs, what it lets through that the other does not, and whom that breaks."""
