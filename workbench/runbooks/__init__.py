"""Runbooks: notebooks with declared, typed parameters, executed in a kernel of their own."""
