"""Finding leaked scaffolding, placeholders, fences, truncation and overused names in a story."""
