"""A bot on the client library: python -m client.examples.bot HOST PORT NAME, the password in XMLCHAT_PASSWORD."""

import os
import sys

from client import Client
from schema.messages import Direct

host, port, name = sys.argv[1:]
with Client.connect(host, int(port)) as chat:
    chat.login(name, os.environ["XMLCHAT_PASSWORD"], register=True)
    for event in chat.events():
        if isinstance(event, Direct) and event.sender != name:
            chat.dm(event.sender, f"you said: {event.text}")
