"""How findings are told: a file for each format."""

from __future__ import annotations

from schema.tools.formats.junit import Junit
from schema.tools.formats.objects import JsonLines, JsonObject
from schema.tools.formats.parsable import Parsable
from schema.tools.formats.report import Report
from schema.tools.formats.sarif import Sarif
from schema.tools.formats.text import Text

#: By the word that --format takes.
FORMATS: dict[str, type[Report]] = {
    "text": Text,
    "parsable": Parsable,
    "json": JsonObject,
    "ndjson": JsonLines,
    "sarif": Sarif,
    "junit": Junit,
}
