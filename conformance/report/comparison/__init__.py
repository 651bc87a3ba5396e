"""A comparison for readers: as text, as Markdown and as JSON, each in a file."""
