"""What is known of terms, access and downloads."""
