import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { Widget } from '@lumino/widgets';

import { icon } from './icon';

/** Where `workbench up` listens unless it is told otherwise. */
const PORT = 8787;

const SIGN_IN = 'Open the address that "workbench up" has printed in this browser once, and come back here.';
const START =
  `The chat does not answer here. Start it with "workbench up" on the machine of this JupyterLab ` +
  `(port ${PORT}), which needs jupyter-server-proxy to be seen from here.`;

/** The chat beside the notebook, through jupyter-server-proxy; a sentence where it cannot be. */
export class Chat extends Widget {
  constructor() {
    super();
    this.id = 'workbench-chat';
    this.addClass('wb-side');
    this.title.caption = 'Kubernetes workbench';
    this.title.icon = icon;
  }

  protected onAfterShow(): void {
    if (!this.node.querySelector('iframe')) {
      void this.look();
    }
  }

  private async look(): Promise<void> {
    const address = URLExt.join(PageConfig.getBaseUrl(), 'proxy', String(PORT));
    const chat = URLExt.join(address, 'chat');
    const answer = await fetch(chat).catch(() => null);
    if (answer?.ok) {
      const frame = document.createElement('iframe');
      frame.src = chat;
      frame.title = 'The chat of the workbench';
      this.node.replaceChildren(frame);
    } else {
      const words = document.createElement('p');
      words.textContent = answer?.status === 401 ? SIGN_IN : START;
      this.node.replaceChildren(words);
    }
  }
}
