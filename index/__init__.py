"""What the news means: paragraphs are embedded and found, and the answering sentence is chosen."""
