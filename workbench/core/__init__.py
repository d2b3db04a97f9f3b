"""The nouns. Pure values and functions: nothing here awaits, reads a clock or opens anything."""
