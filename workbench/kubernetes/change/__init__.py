"""Changes to the cluster: planned, tried in a server-side dry run, and made as they were shown."""
