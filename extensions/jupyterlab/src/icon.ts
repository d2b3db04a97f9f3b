import { LabIcon } from '@jupyterlab/ui-components';

/** A hexagon with a pulse. */
const svg = (colour: string) =>
  '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
  `<g class="jp-icon3" fill="${colour}">` +
  '<path d="M12 1.5 21 6.7v10.6l-9 5.2-9-5.2V6.7Zm0 2.2L5 7.8v8.4l7 4.1 7-4.1V7.8Z"/>' +
  '<path d="M6 12.7v-1.5h2.8l2-4.2 2.6 7 1.3-2.8H18v1.5h-2.3l-2.5 4.8-2.6-6.8-.9 2Z"/>' +
  '</g></svg>';

/** In the colour that the theme gives its icons. */
export const icon = new LabIcon({ name: 'k8s-workbench:icon', svgstr: svg('#616161') });

/** For a launcher tile among kernels, which are pictures and follow no theme. */
export const TILE = `data:image/svg+xml,${encodeURIComponent(svg('#326ce5'))}`;
