"""What the news is: articles are read, cleaned, split into paragraphs and kept."""
