import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';

/** Most characters of an output that go into a question. */
const MOST = 4000;

/** Insert a code cell below the active one, not run: a person reads it first. */
export function insert(notebooks: INotebookTracker, source: string): void {
  const panel = notebooks.currentWidget;
  if (!panel) {
    return;
  }
  NotebookActions.insertBelow(panel.content);
  panel.content.activeCell?.model.sharedModel.setSource(source);
  panel.content.mode = 'edit';
}

/** What the active cell has shown, as text; '' for a cell without output. */
export function shown(notebooks: INotebookTracker): string {
  const model = notebooks.activeCell?.model;
  const outputs = model?.type === 'code' ? ((model.toJSON() as any).outputs as any[]) : [];
  const texts = outputs.map(output => output.text ?? output.data?.['text/plain'] ?? output.traceback);
  const whole = texts.map(text => (Array.isArray(text) ? text.join('') : (text ?? ''))).join('\n');
  // In a question two braces stand around the name of a variable.
  return whole.replace(/\x1b\[[0-9;]*m/g, '').replace(/{(?={)/g, '{ ').trim().slice(0, MOST);
}
