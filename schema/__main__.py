"""`python -m schema`: tools for documents and captures."""

import sys

from schema.tools.command_line import main

sys.exit(main())
