"""What the Hub's clients ask for."""
