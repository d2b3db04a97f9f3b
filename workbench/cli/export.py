"""``workbench export``: an investigation as a report notebook, HTML and Markdown."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.options import force_option, opened_recordings, run_async
from workbench.files import REPORT_FORMS, named


@click.command()
@click.argument("investigation")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("out"),
    help="Folder to write to, or the file.",
)
@click.option(
    "--to",
    "forms",
    type=click.Choice(REPORT_FORMS),
    multiple=True,
    help="Only this form; repeatable.",
)
@force_option
def export(investigation: str, out: Path, forms: tuple[str, ...], force: bool) -> None:
    """Write INVESTIGATION (INV-12, or its UUID) as a report notebook and HTML, or another form.

    Neither a cluster nor a model is needed. Secrets are taken out once more. A PDF takes
    k8s-workbench[pdf]. An earlier report that nobody edited is written over.
    """
    run_async(_export(investigation, out, forms, force))


async def _export(reference: str, out: Path, forms: tuple[str, ...], force: bool) -> None:
    from workbench.bootstrap import now
    from workbench.investigations.report import write

    async with opened_recordings() as archive:
        found = await archive.load(reference)
        forms = forms or named(out, REPORT_FORMS) or ("ipynb", "html")
        paths = write(found, await archive.evidences(found), out, forms, now=now(), force=force)
    names = {".ipynb": "notebook", ".html": "html", ".md": "markdown", ".pdf": "pdf"}
    for path in paths:
        click.echo(f"{names[path.suffix]:<10}{path}")
