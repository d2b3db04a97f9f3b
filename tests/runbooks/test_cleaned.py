"""What cells print is kept without its secrets."""

from __future__ import annotations

import nbformat

from workbench.runbooks.cleaned import cleaned

SECRET = "hunter" + "22x"


def test_every_kind_of_output_is_redacted_and_pictures_and_sources_stay() -> None:
    output = nbformat.v4.new_output
    picture = "AQ" + "a1" * 18 + "=="  # looks like a Ceph key
    said = f"password={SECRET}"
    shown = {
        "text/plain": said,
        "image/png": picture,
        "application/json": {"kind": "Secret", "data": {"p": SECRET}},
    }
    cell = nbformat.v4.new_code_cell(
        f"print({said!r})",
        outputs=[
            output("stream", name="stdout", text=said),
            output("display_data", data=shown),
            output("error", ename="E", evalue=said, traceback=[said]),
        ],
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(said), cell])
    clean = cleaned(notebook)
    nbformat.validate(clean)
    assert SECRET not in nbformat.writes(clean).replace(cell.source, "").replace(
        notebook.cells[0].source, "", 1
    )
    assert clean.cells[0].source == said
    assert clean.cells[1].source == cell.source
    assert clean.cells[1].outputs[1].data["image/png"] == picture
    assert cell.outputs[0].text == said, "the notebook at work is not touched"
