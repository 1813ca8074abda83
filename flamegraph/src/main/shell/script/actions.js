// What can be done with a frame.

function installActions(app) {
  const { names, state, controls } = app;

  function zoom(item) {
    if (sameItem(item, state.zoomed)) {
      select(item);
      return;
    }
    app.change(() => { state.zoomed = item; });
    app.focusSelected();
  }

  function select(item) {
    const old = app.tabStop;
    state.selected = item;
    app.hovered = null;
    app.tabStop = app.elementOf(item) || null;
    for (const parts of [old, app.tabStop]) {
      if (!parts) continue;
      const current = sameItem(parts.item, item);
      setOnce(parts, parts.g, 'tab', 'tabindex', current ? '0' : '-1');
      setOnce(parts, parts.g, 'selected', 'aria-selected', String(current));
    }
    app.showDetails();
  }

  function toggleFocus() {
    const item = state.selected;
    if (state.focus !== null) app.change(() => { state.focus = null; state.zoomed = null; });
    else if (item && item.name >= 0) app.change(() => { state.focus = item.name; state.zoomed = null; });
  }

  function operate(keep) {
    const item = state.selected;
    if (!item || (!item.parent && !keep)) return;
    const ranges = item.run
      ? item.keys.flatMap((key) => app.view.ranges(app.view.make(item, key, 0))) : app.view.ranges(item);
    app.change(() => {
      state.operations = [...state.operations, { keep, ranges }];
    });
    const name = item.run ? 'narrow frames' : names.text(item.name);
    controls.setDetails([`${keep ? 'Hidden: everything but' : 'Hidden:'} ${name}. `
      + 'Shares are still of the whole. Back shows it again.']);
  }

  function stackText() {
    const path = pathOf(state.selected).filter((item) => !item.run && item.name >= 0)
      .map((item) => names.text(item.name));
    if (state.reversed) path.reverse();
    return path.join(';');
  }

  async function copyStack() {
    const text = stackText();
    try {
      await navigator.clipboard.writeText(text);
      controls.setDetails([`Copied: ${text}`]);
    } catch {
      controls.showDialog('Stack to copy', text, true);
    }
  }

  Object.assign(app, { zoom, select, toggleFocus, operate, copyStack });
}
