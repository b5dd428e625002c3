"""What `tap` is made of: passing on, judging, showing and keeping what is said between a client and a server."""
