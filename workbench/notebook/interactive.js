/**
 * Lays a picture that moves over the one that stands in the output. It asks the kernel for it, and for
 * Bokeh's own script where the page has none of that version; again when the colours have changed.
 * Where nobody answers, the picture that was saved stays.
 */
const COLOURS = ['paper', 'ink', 'muted', 'line', 'band', 'change', 'bad', 'warn'];

/** The colours of the figure's style sheet, as plain as a canvas gives them. */
function coloursOf(figure) {
  const style = getComputedStyle(figure);
  const pen = document.createElement('canvas').getContext('2d');
  return Object.fromEntries(
    COLOURS.map(name => {
      pen.fillStyle = style.getPropertyValue(`--wt-${name}`).trim();
      return [name, pen.fillStyle];
    })
  );
}

function lines(said) {
  return said.map(([kind, words]) => {
    const line = document.createElement('p');
    line.className = kind;
    line.textContent = words;
    return line;
  });
}

async function draw(figure, { item, above, below, version }) {
  const over = document.createElement('div');
  const plot = document.createElement('div');
  figure.querySelector('.wt-over')?.remove();
  over.className = 'wt-over';
  over.append(...lines(above), plot, ...lines(below));
  figure.append(over);
  await window.Bokeh[version].embed.embed_item(item, plot);
  figure.classList.add('wt-moves');
}

function initialize({ model }) {
  const figures = () => document.querySelectorAll(`figure[data-picture="${model.get('picture')}"]`);
  const asked = new WeakMap();

  function look() {
    for (const figure of figures()) {
      const colours = coloursOf(figure);
      const look = JSON.stringify(colours);
      if (asked.get(figure) !== look) {
        asked.set(figure, look);
        model.send({ colours, look, have: Object.keys(window.Bokeh ?? {}) });
      }
    }
  }

  model.on('msg:custom', (answer, buffers) => {
    if (buffers.length && !window.Bokeh?.[answer.version]) {
      new Function(new TextDecoder().decode(buffers[0])).call(window);
    }
    for (const figure of figures()) {
      if (asked.get(figure) === answer.look) {
        draw(figure, answer).catch(console.error);
      }
    }
  });

  const watch = new MutationObserver(look);
  watch.observe(document.body, { childList: true, subtree: true });
  const theme = new MutationObserver(look);
  theme.observe(document.body, { attributes: true });
  look();
  return () => {
    watch.disconnect();
    theme.disconnect();
  };
}

export default { initialize };
