"""Settings of the property tests."""

from __future__ import annotations

from hypothesis import settings

# No deadline: a busy machine is not a mistake in the program.
settings.register_profile("xmlchat", deadline=None)
settings.load_profile("xmlchat")
