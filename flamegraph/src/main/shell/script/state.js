// What is looked at, how it came about, and the way back.

function installState(app) {
  const { tree, names, state, controls } = app;

  function makeCurrentView() {
    app.view = makeView(tree, app.model, state.reversed, state.focus);
    app.view.exact = tree.exact !== null;
    app.view.full = state.focus === null && state.operations.length === 0;
    for (const entry of app.past) entry.item = null;
  }

  function snapshot() {
    return {
      reversed: state.reversed, focus: state.focus, operations: state.operations,
      icicle: state.icicle, item: state.zoomed,
      trail: trailOf(state.zoomed),
    };
  }

  /** Applies a change of the state and draws; the state before can be gone back to. */
  function change(apply) {
    const before = snapshot();
    apply();
    app.past.push(before);
    settle(before);
    writeHistory(true);
  }

  function settle(before, trail = null) {
    const newModel = before.operations !== state.operations;
    if (newModel) app.model = makeModel(tree, state.operations);
    if (newModel || before.reversed !== state.reversed || before.focus !== state.focus) {
      const wanted = trail || (state.zoomed === null ? [] : before.trail);
      makeCurrentView();
      state.zoomed = retrace(app.view, wanted);
    } else if (state.zoomed === null) {
      state.zoomed = app.view.root;
    }
    state.selected = state.zoomed;
    app.hovered = null;
    app.table.refresh();
    app.draw(state.zoomed);
    app.showSearch();
  }

  function goBack() {
    const entry = app.past.pop();
    if (!entry) return;
    const before = snapshot();
    Object.assign(state, {
      reversed: entry.reversed, focus: entry.focus, operations: entry.operations,
      icicle: entry.icicle, zoomed: entry.item || app.view.root,
    });
    if (!entry.item && before.operations === entry.operations
      && before.reversed === entry.reversed && before.focus === entry.focus) {
      state.zoomed = retrace(app.view, entry.trail);
    }
    settle(before, entry.trail);
    writeHistory(false);
  }

  function writeHistory(push) {
    const link = writeLink(state, app.view, names);
    try {
      const url = `${location.pathname}${location.search}${link && `#${link}`}`;
      if (push) history.pushState({ steps: app.past.length }, '', url);
      else history.replaceState({ steps: app.past.length }, '', url);
    } catch { /* a page without an address of its own */ }
  }

  /** Goes where the address leads that was entered, or gone forward to; one can go back from there. */
  function followAddress(steps) {
    const now = writeLink(state, app.view, names);
    if (location.hash.replace(/^#/, '') === now) return;
    const before = snapshot();
    const wanted = steps < 0 ? app.past.length + 1 : steps;
    while (app.past.length < wanted) app.past.push(before);
    applyLink();
    markEntry();
  }

  /** Writes into the browser's history how many steps led here. */
  function markEntry() {
    try {
      history.replaceState({ steps: app.past.length }, '');
    } catch { /* a page without an address of its own */ }
  }

  function applyLink() {
    const link = readLink(location.hash);
    const before = snapshot();
    state.reversed = link.flags.includes('r');
    state.icicle = state.icicleFirst !== link.flags.includes('i');
    state.ignoreCase = link.flags.includes('c');
    state.focus = link.focus === null ? null : nameNumber(names, link.focus);
    makeCurrentView();
    const { item, missing } = follow(app.view, names, link.path);
    state.zoomed = item;
    settle({ ...before, reversed: state.reversed, focus: state.focus });
    const notices = [];
    if (link.focus !== null && state.focus === null) {
      notices.push(`There is no function ${link.focus.name.replace(MARK, '')} in this picture.`);
    }
    if (missing.length) {
      notices.push(`The frame of the link, ${missing.at(-1).name.replace(MARK, '')}, is not in this picture; `
        + `shown is the deepest frame of its path that is: ${names.text(item.name)}.`);
    }
    if (notices.length) controls.setDetails(notices);
    controls.input.value = link.search;
    if (link.search || state.search) app.runSearch(link.search);
  }

  Object.assign(app, { change, goBack, applyLink, followAddress, markEntry, makeCurrentView, writeHistory });
}
