"""What was written down before: documents taken in, found again by words and by meaning."""
