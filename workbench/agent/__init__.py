"""The agent: an investigation driven by a model, and the built-in analyst that needs none.

``investigator.investigate`` yields steps; nothing here imports pydantic_ai until the first tool
call is on its way.
"""
