"""Transcripts: messages as one document that shows whether anything in it was added, dropped or changed."""
