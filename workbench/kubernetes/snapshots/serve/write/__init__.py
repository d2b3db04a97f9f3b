"""Writes to a served snapshot, in memory: what an API server does with a request by itself.

Nothing runs behind it: no controller makes pods, no scheduler places them, no garbage is collected,
no defaults are filled in, no webhook is asked.
"""
