"""A dissector for Wireshark, made from a schema."""
