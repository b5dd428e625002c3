"""The commands of `python -m schema`, one file each."""
