"""Everything that touches a cluster."""
