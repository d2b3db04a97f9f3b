"""The workbench in a browser: Panel pages that receive HTML fragments and send back what was done.

Needs the extra ``server``. A page is a ``Screen`` (see ``screen.py``), which knows nothing of
Panel: ``view.py`` carries its fragments to the browser, ``mount.py`` puts it beside the API.
"""
