"""What is sent and answered, as docs and clients know it."""
