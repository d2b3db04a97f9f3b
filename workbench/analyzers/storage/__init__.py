"""Rules about claims, volumes and classes."""
