import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, ISanitizer, InputDialog } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';

import { insert, shown } from './cells';
import { icon, TILE } from './icon';
import { Chat } from './panel';
import { Card, MIME } from './renderer';

const KERNEL = 'k8s-workbench';
const CATEGORY = 'Kubernetes';

/** Cells that others compose; all work is the kernel's. */
const cells: JupyterFrontEndPlugin<void> = {
  id: 'k8s-workbench:cells',
  description: 'Values of the workbench, and cells that ask it.',
  autoStart: true,
  requires: [INotebookTracker, IRenderMimeRegistry, ISanitizer],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    registry: IRenderMimeRegistry,
    sanitizer: ISanitizer,
    palette: ICommandPalette | null
  ) => {
    const { commands } = app;
    const there = () => notebooks.currentWidget !== null;
    const open = (investigation: string, label: string) => {
      void commands.execute('workbench:insert-evidence', { investigation, label });
    };
    registry.addFactory(
      { safe: true, mimeTypes: [MIME], createRenderer: () => new Card(sanitizer, open) },
      0 // before text/html
    );
    commands.addCommand('workbench:ask-about-output', {
      label: "Ask About This Cell's Output",
      isEnabled: () => shown(notebooks) !== '',
      execute: () => insert(notebooks, `%%k8s_ask\nWhat does this mean?\n\n${shown(notebooks)}`)
    });
    commands.addCommand('workbench:insert-evidence', {
      label: 'Open Evidence in a Cell',
      isEnabled: there,
      execute: async args => {
        const named = args.label ? `${args.investigation ?? ''} ${args.label}` : await asked('INV-3 E2');
        if (named) {
          insert(notebooks, `%k8s evidence ${named.trim()}`);
        }
      }
    });
    commands.addCommand('workbench:insert-runbook', {
      label: 'Run a Runbook in a Cell',
      isEnabled: there,
      execute: async args => {
        const name = String(args.name ?? '') || (await asked('pending-pod'));
        if (name) {
          insert(notebooks, `%k8s_runbook ${name}`);
        }
      }
    });
    for (const command of ['ask-about-output', 'insert-evidence', 'insert-runbook']) {
      palette?.addItem({ command: `workbench:${command}`, category: CATEGORY });
    }
    app.contextMenu.addItem({
      command: 'workbench:ask-about-output',
      selector: '.jp-Notebook .jp-CodeCell',
      rank: 0.5 // beside what copies an output
    });
  }
};

async function asked(like: string): Promise<string> {
  const given = await InputDialog.getText({ title: 'Which one?', placeholder: like });
  return given.value?.trim() ?? '';
}

/** A tile that opens a notebook with the magics loaded, and the chat at the side. */
const places: JupyterFrontEndPlugin<void> = {
  id: 'k8s-workbench:places',
  description: 'A launcher tile and the chat beside notebooks.',
  autoStart: true,
  optional: [ILauncher, ICommandPalette],
  activate: (app: JupyterFrontEnd, launcher: ILauncher | null, palette: ICommandPalette | null) => {
    const { commands, serviceManager, shell } = app;
    commands.addCommand('workbench:new-notebook', {
      label: 'Kubernetes Workbench',
      icon,
      caption: 'A notebook with the magics of the workbench loaded',
      execute: async args => {
        await serviceManager.kernelspecs.ready;
        const own = serviceManager.kernelspecs.specs?.kernelspecs[KERNEL];
        const kernelName = own ? KERNEL : serviceManager.kernelspecs.specs?.default;
        const panel: NotebookPanel = await commands.execute('notebook:create-new', {
          cwd: args.cwd ?? '',
          kernelName
        });
        await panel.context.ready;
        const source = own ? '%k8s status' : '%load_ext workbench\n%k8s status';
        panel.content.activeCell?.model.sharedModel.setSource(source);
      }
    });
    launcher?.add({ command: 'workbench:new-notebook', category: 'Notebook', rank: 90, kernelIconUrl: TILE });
    palette?.addItem({ command: 'workbench:new-notebook', category: CATEGORY });
    shell.add(new Chat(), 'right', { rank: 900 });
  }
};

export default [cells, places];
