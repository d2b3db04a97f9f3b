"""A workbench that is somewhere else, reached over its API as one person."""
