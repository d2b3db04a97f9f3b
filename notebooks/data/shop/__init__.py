"""A web shop on Kubernetes, on a bad morning, built object by object.

Read in this order: ``timeline`` (when things happened), ``catalogue`` (what runs, healthy),
``faults`` (what is broken and how that shows), ``noise`` (what looks broken and is not),
``controllers`` (what the control plane then says about all of it).
"""
