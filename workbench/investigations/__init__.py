"""The use cases around an investigation."""
