"""What the contract promises: documents, frames, conversations, captures."""
