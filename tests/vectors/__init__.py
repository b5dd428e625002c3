"""The golden vectors before a decoder in another language."""
