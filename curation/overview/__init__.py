"""What a curator sees first, on the home page and over the API."""
