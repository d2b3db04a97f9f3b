"""Investigations, findings and evidence as plain text, Markdown and HTML.

Every surface draws with these functions, so that a terminal, a notebook, a report and a page say
the same thing. All of them are pure, and none lets text from a cluster become markup.
"""
