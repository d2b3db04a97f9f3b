"""The analyst that needs no key: plans calls from what tools returned, and concludes from them.

Everything is pure except the thin ``model`` adapter: the same messages give the same answer.
"""
