// The picture at work: one object holds what the parts share; each part adds what it can do.

async function start() {
  const tree = await readStore();
  const inverted = settings.inverted === 'true';
  const app = {
    tree,
    names: tree.names,
    attributes: readAttributes(),
    frames: svg.querySelector('#frames'),
    pool: makePool(),
    past: [],
    rows: [],
    view: null,
    model: makeModel(tree, []),
    searchRun: 0,
    hovered: null,
    tabStop: null,
    drawAll: false,
    state: {
      reversed: false, focus: null, operations: [], search: null, ignoreCase: false,
      icicle: inverted, icicleFirst: inverted, zoomed: null, selected: null,
    },
  };
  app.controls = makeControls(commandsOf(app));
  installState(app);
  installScene(app);
  installActions(app);
  installSearch(app);
  installInput(app);
  app.table = makeTable(tree, () => app.model, app.findFunction);
  begin(app);
}

/** What the buttons do. */
function commandsOf(app) {
  const { state } = app;
  return {
    search: (text) => app.runSearch(text),
    ignoreCase: () => {
      state.ignoreCase = !state.ignoreCase;
      app.runSearch(app.controls.input.value);
    },
    nextMatch: () => app.stepMatch(1),
    previousMatch: () => app.stepMatch(-1),
    back: () => app.goBack(),
    wholePicture: () => app.change(() => { state.zoomed = null; }),
    reset: () => app.change(() => {
      const operations = state.operations.length === 0 ? state.operations : [];
      Object.assign(state, { operations, focus: null, reversed: false, zoomed: null });
    }),
    icicle: () => app.change(() => { state.icicle = !state.icicle; }),
    reversed: () => app.change(() => { state.reversed = !state.reversed; state.zoomed = null; }),
    focus: () => app.toggleFocus(),
    hide: () => app.operate(false),
    keep: () => app.operate(true),
    copy: () => app.copyStack(),
    help: () => app.controls.showDialog('Keys', HELP, false),
    closeDialog: () => {
      app.controls.closeDialog();
      app.focusSelected();
    },
  };
}

/** Takes the place of the picture without script. */
function begin(app) {
  const { frames, state, controls } = app;
  frames.replaceChildren();
  svg.classList.add('live');
  svg.classList.remove('loading');
  svg.removeAttribute('viewBox');
  if (settings.fluid === 'true') svg.setAttribute('width', '100%');
  frames.setAttribute('role', 'tree');
  frames.setAttribute('aria-label', svg.querySelector('#title')?.textContent || 'Flame graph');
  app.makeCurrentView();
  state.zoomed = app.view.root;
  state.selected = app.view.root;
  app.look();
  controls.place(app.seen.top, app.seen.width, Number(svg.getAttribute('height')));
  app.draw(app.view.root);
  if (location.hash.length > 1) app.applyLink();
  if (history.state === null) app.markEntry();
  svg.setAttribute('data-ready', 'true');
}

function fail(error) {
  svg.classList.remove('loading');
  const details = svg.querySelector('#details');
  if (details) details.textContent = `The picture is not interactive here: ${error.message}`;
  svg.setAttribute('data-ready', 'failed');
}

// The frames for readers without script need not be laid out only to be replaced.
svg.classList.add('loading');
addEventListener('DOMContentLoaded', () => start().catch(fail));
