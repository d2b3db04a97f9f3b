"""Clusters kept as files: saved, loaded, and served as the Kubernetes API they came from."""
