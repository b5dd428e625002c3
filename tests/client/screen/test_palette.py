from __future__ import annotations

import re

import pytest
from prompt_toolkit.styles import default_ui_style

from client.screen.palette import NAMES, STYLE


def luminance(colour: str) -> float:
    """WCAG 2, relative luminance."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


#: Every colour that is used, the greys among them.
COLOURS = sorted({found for _, rule in STYLE.style_rules for found in re.findall("#[0-9a-f]{6}", rule)})


@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_is_read_on_dark_and_on_light(colour: str) -> None:
    """WCAG 2 asks for 3 to 1 for large text; a terminal's own bright colours have 1.1 on white."""
    light, dark = 1.05 / (luminance(colour) + 0.05), (luminance(colour) + 0.05) / 0.05
    assert min(light, dark) >= 3.5, (light, dark)


def test_names_have_different_colours() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert default_ui_style() is not None
