"""What `replay` is made of: a plan from a capture, the playing of it, and what of the answers differs."""
