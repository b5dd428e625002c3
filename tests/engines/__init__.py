"""The same documents before every engine that validates with XSD 1.0: what they are, and who judges them."""
