import { ISanitizer } from '@jupyterlab/apputils';
import { IRenderMime, renderHTML } from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';

export const MIME = 'application/vnd.workbench+json';

/** Opens a recorded call: its investigation ('' for this session's) and its label. */
export type Open = (investigation: string, label: string) => void;

/**
 * A value of the workbench. The kernel has drawn it: its `text/html` is shown with the style sheet of
 * this extension, so that it also looks right in a notebook that is not trusted, whose own styles
 * JupyterLab leaves out. Chips of evidence insert the cell that opens it.
 */
export class Card extends Widget implements IRenderMime.IRenderer {
  constructor(
    private readonly sanitizer: ISanitizer,
    private readonly open: Open
  ) {
    super();
    this.addClass('wb-output');
    this.node.addEventListener('click', event => this.clicked(event));
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const value = (model.data[MIME] ?? {}) as Record<string, any>;
    this.node.dataset.kind = String(value.kind ?? '');
    this.investigation = String(value.label ?? value.investigation ?? '');
    const html = model.data['text/html'];
    if (typeof html !== 'string' && !Array.isArray(html)) {
      const text = model.data['text/plain'] ?? JSON.stringify(value, null, 2);
      const page = document.createElement('pre');
      page.textContent = String(text);
      this.node.replaceChildren(page);
      return;
    }
    await renderHTML({
      host: this.node,
      source: Array.isArray(html) ? html.join('') : html,
      trusted: model.trusted,
      resolver: null,
      sanitizer: this.sanitizer,
      linkHandler: null,
      shouldTypeset: false,
      latexTypesetter: null
    });
    for (const chip of this.node.querySelectorAll<HTMLElement>('.wb-chip')) {
      chip.tabIndex = 0;
      chip.title = 'Insert a cell that opens this evidence';
    }
  }

  private clicked(event: MouseEvent): void {
    const chip = (event.target as HTMLElement).closest('.wb-chip');
    const named = /^(?:([A-Z]+-\d+)[\/ ])?(E\d+)$/.exec(chip?.textContent?.trim() ?? '');
    if (named) {
      event.preventDefault();
      this.open(named[1] ?? this.investigation, named[2]);
    }
  }

  private investigation = '';
}
