"""Rules about who reaches whom: Services, Ingress, Gateway API, policies, DNS, meshes."""
