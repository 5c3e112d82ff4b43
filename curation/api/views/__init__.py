"""What each address does, a file for each kind of thing."""
