"""The commands of `python -m schema`, as somebody at a terminal meets them."""
