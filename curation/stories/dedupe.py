"""Near duplicates: MinHash over 5-word shingles, in bands."""
