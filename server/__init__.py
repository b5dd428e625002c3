"""The xmlchat server. `python -m server` runs it; `server.service.Service` is the same inside another program."""
