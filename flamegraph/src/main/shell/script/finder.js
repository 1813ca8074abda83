// Searching from the bar, and going from match to match.

function installSearch(app) {
  const { tree, names, state, controls } = app;

  async function runSearch(text) {
    const run = ++app.searchRun;
    const found = text === '' ? null
      : await searchNames(names, text, state.ignoreCase, () => run === app.searchRun);
    if (run !== app.searchRun) return;
    state.search = found;
    controls.setPressed('ignoreCase', state.ignoreCase);
    app.drawRows();
    showSearch();
    app.writeHistory(false);
  }

  /** Lights up one function, whatever its name would mean as a pattern. */
  function findFunction(id) {
    if (id < 0) return;
    state.search = {
      text: `^${names.text(id).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`, ignoreCase: false, note: '', has: (other) => other === id,
      matched: Uint8Array.from({ length: names.count }, (_, other) => (other === id ? 1 : 0)),
    };
    app.searchRun++;
    controls.input.value = '';
    app.table.show(id);
    app.drawRows();
    showSearch();
    app.writeHistory(false);
  }

  function showSearch() {
    if (!state.search) {
      controls.setMatched('');
      return;
    }
    const share = (item, whole) => percentOf(matchedValue(tree, app.model, app.view, item, state.search), whole);
    const total = app.view.full ? Number(settings.base) : app.view.root.value;
    let text = `Matched: ${share(app.view.root, total)}%`;
    if (state.zoomed.parent) text += ` (${share(state.zoomed, state.zoomed.value)}% of zoomed)`;
    controls.setMatched(state.search.note ? `${text}. ${state.search.note}` : text);
  }

  function stepMatch(direction) {
    if (!state.search) return;
    if (state.selected.node === undefined) {
      const shown = app.rows.flat().map((placed) => placed.item).filter((item) => state.search.has(item.name));
      if (!shown.length) return;
      const at = shown.findIndex((item) => sameItem(item, state.selected));
      app.select(shown[(at + direction + shown.length) % shown.length]);
      app.reveal(state.selected);
      return;
    }
    const from = state.selected.node;
    for (let i = 1; i <= tree.count; i++) {
      const node = (from + direction * i + 2 * tree.count) % tree.count;
      if (state.search.has(tree.name[node]) && app.model.value.self[node] > 0) {
        showNode(node);
        return;
      }
    }
  }

  /** Selects a frame of the plain view, zooming as far as it takes to make it visible. */
  function showNode(node) {
    const path = [];
    for (let at = node; at > 0; at = tree.parent[at]) path.push(at);
    path.reverse();
    const isShown = () => app.rows.flat().find((placed) => placed.item.node === node && placed.w >= 2);
    const values = app.model.value.self;
    if (!isShown()) {
      const space = app.seen.width;
      const zoomTo = [0, ...path].find((at) => values[node] / values[at] * space >= 20
        && values[node] >= leastValue(values[at], space / values[at])) ?? node;
      const item = retrace(app.view, path.slice(0, path.indexOf(zoomTo) + 1));
      app.change(() => { state.zoomed = item; });
    }
    const placed = isShown();
    if (placed) app.select(placed.item);
    app.reveal(state.selected);
    controls.status.setAttribute('data-match', node);
  }

  Object.assign(app, { runSearch, findFunction, showSearch, stepMatch });
}
