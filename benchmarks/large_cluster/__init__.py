"""A large cluster made up for benchmarks, and an API server that serves it without being slow."""
