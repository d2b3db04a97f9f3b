"""``workbench export``: an investigation as a report notebook, HTML and Markdown."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.options import opened_recordings, run_async

FORMS = ("ipynb", "html", "md")


@click.command()
@click.argument("investigation")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("out"),
    help="Folder to write to, or the file.",
)
@click.option(
    "--to", "forms", type=click.Choice(FORMS), multiple=True, help="Only this form; repeatable."
)
def export(investigation: str, out: Path, forms: tuple[str, ...]) -> None:
    """Write INVESTIGATION (INV-12, or its UUID) as a report notebook and HTML, or as Markdown.

    Neither a cluster nor a model is needed. Secrets are taken out once more. For a PDF, print the
    HTML: it is made for paper too.
    """
    run_async(_export(investigation, out, forms))


async def _export(reference: str, out: Path, forms: tuple[str, ...]) -> None:
    from workbench.bootstrap import now
    from workbench.files import named
    from workbench.investigations.report import write

    async with opened_recordings() as archive:
        found = await archive.load(reference)
        forms = forms or named(out, FORMS) or ("ipynb", "html")
        paths = write(found, await archive.evidences(found), out, forms, now=now())
    names = {".ipynb": "notebook", ".html": "html", ".md": "markdown"}
    for path in paths:
        click.echo(f"{names[path.suffix]:<10}{path}")
