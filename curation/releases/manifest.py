"""The manifest of a release: files, hashes, counts and what it was made from."""
