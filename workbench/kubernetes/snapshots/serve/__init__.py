"""A snapshot served as the Kubernetes API: what an unmodified kubectl takes for a real server.

The clock stands still at the moment the snapshot was taken. Ages in tables and ``sinceSeconds`` of
logs count from then. ``kubectl describe`` and ``kubectl get events --sort-by`` compute some ages on
the client, so those count from the real now.
"""
