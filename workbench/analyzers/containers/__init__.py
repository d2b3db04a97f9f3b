"""Rules about pods and their containers: images, probes, settings, ends."""
