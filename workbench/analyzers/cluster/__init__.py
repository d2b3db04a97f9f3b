"""Rules about what all share: nodes, control plane, admission, certificates, custom resources."""
