"""Evidence passages: offsets in code points on frozen text."""
