"""Clusters kept in other people's formats. What a folder is shows in it, not in its name."""
