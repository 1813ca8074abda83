// The picture at work: state, actions, keys and pointers.

async function start() {
  const tree = await readStore();
  const { names } = tree;
  const attributes = readAttributes();
  const frames = svg.querySelector('#frames');
  const pool = makePool();
  const past = [];
  let rows = [];
  let searchRun = 0;
  let hovered = null;
  let drawAll = false;
  const state = {
    reversed: false, focus: null, operations: [], search: null, ignoreCase: false,
    icicle: settings.inverted === 'true', icicleFirst: settings.inverted === 'true',
    zoomed: null, selected: null,
  };
  let model = makeModel(tree, []);
  let view = null;
  const controls = makeControls({
    search: (text) => runSearch(text),
    ignoreCase: () => { state.ignoreCase = !state.ignoreCase; runSearch(controls.input.value); },
    nextMatch: () => stepMatch(1),
    previousMatch: () => stepMatch(-1),
    back: () => goBack(),
    reset: () => change(() => {
      Object.assign(state, { operations: [], focus: null, reversed: false, zoomed: null });
    }),
    icicle: () => change(() => { state.icicle = !state.icicle; }),
    reversed: () => change(() => { state.reversed = !state.reversed; state.zoomed = null; }),
    focus: () => toggleFocus(),
    hide: () => operate(false),
    keep: () => operate(true),
    copy: () => copyStack(),
    help: () => controls.showDialog(HELP, false),
    closeDialog: () => { controls.closeDialog(); focusSelected(); },
  });

  // ---- state

  const table = makeTable(tree, () => model, (id) => {
    if (id < 0) return;
    state.search = {
      text: names.text(id), ignoreCase: false, note: '', has: (other) => other === id,
      matched: Uint8Array.from({ length: names.count }, (_, other) => (other === id ? 1 : 0)),
    };
    searchRun++;
    controls.input.value = '';
    table.show(id);
    drawRows();
    showSearch();
  });

  function makeCurrentView() {
    view = makeView(tree, model, state.reversed, state.focus);
    view.exact = tree.exact !== null;
    view.full = state.focus === null && state.operations.length === 0;
    for (const entry of past) entry.item = null;
  }

  function snapshot() {
    return {
      reversed: state.reversed, focus: state.focus, operations: state.operations,
      icicle: state.icicle, item: state.zoomed,
      path: pathOf(state.zoomed).slice(1).filter((item) => !item.run)
        .map((item) => names.text(item.name)),
    };
  }

  /** Applies a change of the state and draws; the state before can be gone back to. */
  function change(apply, remember = true) {
    const before = snapshot();
    apply();
    if (remember) past.push(before);
    settle(before);
    remember && writeHistory(true);
  }

  function settle(before, path = null) {
    const newModel = before.operations !== state.operations;
    if (newModel) model = makeModel(tree, state.operations);
    if (newModel || before.reversed !== state.reversed || before.focus !== state.focus) {
      const wanted = path || (state.zoomed === null ? [] : before.path);
      makeCurrentView();
      state.zoomed = follow(view, names, wanted).item;
    } else if (state.zoomed === null) {
      state.zoomed = view.root;
    }
    state.selected = state.zoomed;
    hovered = null;
    table.refresh();
    draw(state.zoomed);
    showSearch();
  }

  function goBack() {
    const entry = past.pop();
    if (!entry) return;
    const before = snapshot();
    Object.assign(state, {
      reversed: entry.reversed, focus: entry.focus, operations: entry.operations,
      icicle: entry.icicle, zoomed: entry.item || view.root,
    });
    if (!entry.item && before.operations === entry.operations
      && before.reversed === entry.reversed && before.focus === entry.focus) {
      state.zoomed = follow(view, names, entry.path).item;
    }
    settle(before, entry.path);
    writeHistory(false);
  }

  function writeHistory(push) {
    const link = writeLink(state, names);
    try {
      const url = `${location.pathname}${location.search}${link && `#${link}`}`;
      if (push) history.pushState({ steps: past.length }, '', url);
      else history.replaceState({ steps: past.length }, '', url);
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
    const { item, missing } = follow(view, names, link.path);
    state.zoomed = item;
    settle({ ...before, reversed: state.reversed, focus: state.focus });
    const notices = [];
    if (link.focus !== null && state.focus === null) {
      notices.push(`There is no function ${link.focus} in this picture.`);
    }
    if (missing.length) {
      notices.push(`The frame of the link, ${missing.at(-1)}, is not in this picture; `
        + `shown is the deepest frame of its path that is: ${names.text(item.name)}.`);
    }
    if (notices.length) controls.setDetails(notices);
    controls.input.value = link.search;
    if (link.search) runSearch(link.search);
  }

  // ---- drawing

  // Reading sizes from the page forces it to lay everything out, so they are read once before the
  // frames change, and after scrolling.
  const seen = { width: 0, top: 0, from: 0, to: -1 };

  function look() {
    const box = svg.getBoundingClientRect();
    seen.width = box.width;
    seen.top = box.top;
    controls.measure();
  }

  /** Draws everything anew and scrolls a frame into sight. */
  function draw(shown = null) {
    drawBars();
    look();
    const width = settings.fluid === 'true' ? seen.width : Number(settings.width);
    rows = layOut(view, state.zoomed, width);
    const height = controls.headerHeight() + rows.length * frameHeight + controls.footerHeight() + 10;
    const whole = Math.max(height, fillsWindow() ? innerHeight : 0);
    const old = Number(svg.getAttribute('height'));
    if (old !== whole) {
      svg.setAttribute('height', whole);
      if (!state.icicle && old > innerHeight) scrollBy(0, whole - old);
      seen.top = svg.getBoundingClientRect().top;
    }
    if (shown) scrollTowards(shown);
    drawRows();
    controls.place(seen.top, seen.width, whole);
  }

  /** Whether the picture has the window, or a column of it, for itself. */
  function fillsWindow() {
    if (svg === document.documentElement) return true;
    return svg.parentElement.classList.contains('flames') && matchMedia('(min-width: 901px)').matches;
  }

  function rowTop(row) {
    return state.icicle
      ? controls.headerHeight() + row * frameHeight + 4
      : Number(svg.getAttribute('height')) - controls.footerHeight() - 5 - (row + 1) * frameHeight + 1;
  }

  /** The rows in the window: the first and the last one. */
  function rowsInSight(margin) {
    if (drawAll) return [0, rows.length - 1];
    const first = rowTop(0) + seen.top;
    const step = state.icicle ? frameHeight : -frameHeight;
    const ends = [(-margin - first) / step, (innerHeight + margin - first) / step]
      .sort((x, y) => x - y);
    return [Math.max(0, Math.floor(ends[0])), Math.min(rows.length - 1, Math.ceil(ends[1]))];
  }

  function drawRows() {
    const hadFocus = frames.contains(document.activeElement);
    pool.recycle();
    const elements = [];
    [seen.from, seen.to] = rowsInSight(ROW_MARGIN * frameHeight);
    for (let depth = seen.from; depth <= seen.to; depth++) {
      const y = rowTop(depth);
      for (const placed of rows[depth] || []) elements.push(drawFrame(placed, y).g);
    }
    frames.replaceChildren(...elements);
    if (hadFocus) focusSelected();
  }

  function drawRowsInSight() {
    const [from, to] = rowsInSight(0);
    if (from < seen.from || to > seen.to) drawRows();
  }

  function drawFrame(placed, y) {
    const { item } = placed;
    const given = (!item.run && attributes[item.name]) || null;
    const parts = pool.take(given && given.href ? 'a' : 'g');
    const found = state.search && (item.run
      ? item.keys.some((key) => keyMatches(tree, view, key, state.search)) : state.search.has(item.name));
    const current = sameItem(item, state.selected);
    const outside = item.depth < state.zoomed.depth;
    paintFrame(parts, placed, y, {
      names, current,
      fill: found ? settings.searchcolor : colorOf(tree, view, item),
      title: given && given.title ? given.title : titleOf(view, item, names),
      classes: [outside && 'outside', item.run && 'run', outlineOf(view, item), found && 'found']
        .filter(Boolean).join(' '),
    });
    if (given) {
      for (const [key, value] of Object.entries(given.others)) {
        if (key === 'class') parts.g.classList.add(...value.split(/\s+/).filter(Boolean));
        else setOnce(parts, parts.g, `given-${key}`, key, value);
      }
      if (given.href) setOnce(parts, parts.g, 'href', 'href', given.href);
    }
    return parts;
  }

  function sameItem(a, b) {
    if (a === b) return true;
    if (!a || !b || a.name !== b.name || a.depth !== b.depth || a.offset !== b.offset) return false;
    if (a.node !== undefined || b.node !== undefined) return a.node === b.node;
    return sameItem(a.parent, b.parent);
  }

  function elementOf(item) {
    return pool.used().find((parts) => sameItem(parts.item, item));
  }

  function focusSelected() {
    const parts = elementOf(state.selected);
    if (parts) parts.g.focus({ preventScroll: true });
  }

  function scrollTowards(item) {
    const top = rowTop(item.depth) + seen.top;
    const low = controls.headerHeight() + frameHeight;
    const high = innerHeight - controls.footerHeight() - 2 * frameHeight;
    const by = top < low ? top - low : top > high ? top - high : 0;
    if (by === 0) return;
    scrollBy(0, by);
    seen.top = svg.getBoundingClientRect().top;
  }

  /** Scrolls a frame into sight and draws what has come into sight with it. */
  function reveal(item) {
    scrollTowards(item);
    drawRows();
    controls.place(seen.top, seen.width, Number(svg.getAttribute('height')));
  }

  function drawBars() {
    controls.setPressed('icicle', state.icicle);
    controls.setPressed('reversed', state.reversed);
    controls.setPressed('focus', state.focus !== null);
    controls.setPressed('ignoreCase', state.ignoreCase);
    controls.setDisabled('back', past.length === 0);
    showDetails();
  }

  function showDetails() {
    const item = hovered || state.selected;
    if (item) controls.setDetails(detailsOf(view, item, state.zoomed, names));
  }

  // ---- actions on frames

  function zoom(item) {
    if (sameItem(item, state.zoomed)) {
      select(item);
      return;
    }
    change(() => { state.zoomed = item; });
    focusSelected();
  }

  function select(item) {
    const old = elementOf(state.selected);
    state.selected = item;
    hovered = null;
    for (const parts of [old, elementOf(item)]) {
      if (!parts) continue;
      const current = sameItem(parts.item, item);
      setOnce(parts, parts.g, 'tab', 'tabindex', current ? '0' : '-1');
      setOnce(parts, parts.g, 'selected', 'aria-selected', String(current));
    }
    showDetails();
  }

  function toggleFocus() {
    const item = state.selected;
    if (state.focus !== null) change(() => { state.focus = null; state.zoomed = null; });
    else if (item && item.name >= 0) change(() => { state.focus = item.name; state.zoomed = null; });
  }

  function operate(keep) {
    const item = state.selected;
    if (!item || (!item.parent && !keep)) return;
    const ranges = item.run
      ? item.keys.flatMap((key) => view.ranges(view.make(item, key, 0))) : view.ranges(item);
    change(() => {
      state.operations = [...state.operations, { keep, ranges }];
      if (!keep && sameItem(item, state.zoomed)) state.zoomed = item.parent;
    });
    if (!keep) controls.setDetails([`Hidden: ${item.run ? 'narrow frames' : names.text(item.name)}. `
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
      controls.showDialog(text, true);
    }
  }

  // ---- search

  async function runSearch(text) {
    const run = ++searchRun;
    const found = text === '' ? null
      : await searchNames(names, text, state.ignoreCase, () => run === searchRun);
    if (run !== searchRun) return;
    state.search = found;
    controls.setPressed('ignoreCase', state.ignoreCase);
    drawRows();
    showSearch();
    writeHistory(false);
  }

  function showSearch() {
    if (!state.search) {
      controls.setMatched('');
      return;
    }
    const share = (item, whole) => percentOf(matchedValue(tree, model, view, item, state.search), whole);
    const total = view.full ? Number(settings.base) : view.root.value;
    let text = `Matched: ${share(view.root, total)}%`;
    if (state.zoomed.parent) text += ` (${share(state.zoomed, state.zoomed.value)}% of zoomed)`;
    controls.setMatched(state.search.note ? `${text}. ${state.search.note}` : text);
  }

  function stepMatch(direction) {
    if (!state.search) return;
    if (state.selected.node === undefined) {
      const shown = rows.flat().map((placed) => placed.item).filter((item) => state.search.has(item.name));
      if (!shown.length) return;
      const at = shown.findIndex((item) => sameItem(item, state.selected));
      select(shown[(at + direction + shown.length) % shown.length]);
      reveal(state.selected);
      return;
    }
    const from = state.selected.node;
    for (let i = 1; i <= tree.count; i++) {
      const node = (from + direction * i + 2 * tree.count) % tree.count;
      if (state.search.has(tree.name[node]) && model.value.self[node] > 0) {
        showNode(node);
        return;
      }
    }
  }

  /** Selects a frame of the plain view, zooming as far as it takes to make it visible. */
  function showNode(node) {
    const path = [];
    for (let at = node; at > 0; at = tree.parent[at]) path.unshift(at);
    const isShown = () => rows.flat().find((placed) => placed.item.node === node && placed.w >= 2);
    const values = model.value.self;
    if (!isShown()) {
      const space = seen.width;
      const zoomTo = [0, ...path].find((at) => values[node] / values[at] * space >= 20);
      const { item } = followNodes(path.slice(0, path.indexOf(zoomTo) + 1));
      change(() => { state.zoomed = item; });
    }
    const placed = isShown();
    if (placed) select(placed.item);
    reveal(state.selected);
    controls.status.setAttribute('data-match', node);
  }

  function followNodes(path) {
    let item = view.root;
    for (const node of path) {
      let next = item;
      view.each(item, (key, offset) => { if (key === node) next = view.make(item, key, offset); });
      item = next;
    }
    return { item };
  }

  // ---- pointers and keys

  const itemAt = (event) => {
    const g = event.target.closest ? event.target.closest('[role=treeitem]') : null;
    return g && g.frame ? g.frame.item : null;
  };

  // A tap moves the focus, and with it the selection, before it clicks.
  let selectedBefore = null;
  frames.addEventListener('pointerdown', () => { selectedBefore = state.selected; });
  frames.addEventListener('click', (event) => {
    const item = itemAt(event);
    if (!item) return;
    if (item.name >= 0) table.show(item.name);
    if (event.target.closest('a') && !event.shiftKey) return;
    event.preventDefault();
    if (event.pointerType === 'touch' && !sameItem(item, selectedBefore)) {
      select(item);
      drawRows();
    } else {
      zoom(item);
    }
  });
  // A pointer at rest must not take the details from the frame that a key selected.
  let byKeyboard = false;
  addEventListener('keydown', () => { byKeyboard = true; }, true);
  addEventListener('pointermove', (event) => {
    if (event.movementX || event.movementY) byKeyboard = false;
  }, true);
  frames.addEventListener('pointerover', (event) => {
    const item = itemAt(event);
    if (!item || byKeyboard || event.pointerType === 'touch') return;
    hovered = item;
    showDetails();
    const parts = elementOf(item);
    const given = attributes[item.name];
    if (parts && !(given && given.title)) {
      const [, ...more] = detailsOf(view, item, state.zoomed, names);
      setText(parts, parts.title, 'title', [titleOf(view, item, names), ...more].join('\n'));
    }
  });
  frames.addEventListener('pointerout', () => { hovered = null; });
  frames.addEventListener('focusin', (event) => {
    const item = itemAt(event);
    if (item && !sameItem(item, state.selected)) select(item);
  });

  /** Moves the selection to the row above or below, or to a neighbour in its row. */
  function move(key) {
    const { selected } = state;
    const down = (key === 'ArrowDown') === state.icicle;
    let target = null;
    if (key === 'ArrowUp' || key === 'ArrowDown') {
      const here = (rows[selected.depth] || []).find((placed) => sameItem(placed.item, selected));
      if (!here) target = state.zoomed;
      else if (!down) target = selected.parent;
      else {
        const next = (rows[selected.depth + 1] || [])
          .find((placed) => sameItem(placed.item.parent, selected));
        target = next ? next.item : null;
      }
    } else {
      const row = rows[selected.depth] || [];
      const at = row.findIndex((placed) => sameItem(placed.item, selected));
      const next = row[at + (key === 'ArrowRight' ? 1 : -1)];
      target = next ? next.item : null;
    }
    if (!target) return;
    select(target);
    reveal(target);
    focusSelected();
  }

  const keys = {
    '/': () => { controls.input.focus(); controls.input.select(); },
    Escape: () => change(() => { state.zoomed = null; }),
    0: () => change(() => {
      Object.assign(state, { operations: [], focus: null, reversed: false, zoomed: null });
    }),
    Backspace: goBack,
    n: () => stepMatch(1),
    N: () => stepMatch(-1),
    i: () => change(() => { state.icicle = !state.icicle; }),
    r: () => change(() => { state.reversed = !state.reversed; state.zoomed = null; }),
    f: toggleFocus,
    h: () => operate(false),
    k: () => operate(true),
    c: copyStack,
    '?': () => controls.showDialog(HELP, false),
    ArrowUp: () => move('ArrowUp'),
    ArrowDown: () => move('ArrowDown'),
    ArrowLeft: () => move('ArrowLeft'),
    ArrowRight: () => move('ArrowRight'),
    Enter: () => zoom(state.selected),
    Home: () => { select(view.root); reveal(view.root); focusSelected(); },
  };

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey && event.key.toLowerCase() === 'i' && !event.altKey) {
      state.ignoreCase = !state.ignoreCase;
      runSearch(controls.input.value);
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape' && controls.closeDialog()) {
      focusSelected();
      return;
    }
    if (event.target === controls.input) {
      if (event.key === 'Enter') stepMatch(event.shiftKey ? -1 : 1);
      else if (event.key === 'Escape') {
        controls.input.value = '';
        runSearch('');
        controls.input.blur();
        focusSelected();
      }
      return;
    }
    if (event.target.localName === 'input') return;
    const onButton = /^(button|textarea)$/i.test(event.target.localName || '');
    if (onButton && (event.key === 'Enter' || event.key === ' ' || event.target.localName === 'textarea')) {
      return;
    }
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  addEventListener('scroll', () => {
    seen.top = svg.getBoundingClientRect().top;
    drawRowsInSight();
    controls.place(seen.top, seen.width, Number(svg.getAttribute('height')));
  }, { passive: true });
  addEventListener('resize', () => draw());
  addEventListener('popstate', (event) => {
    const steps = event.state ? event.state.steps : -1;
    if (steps >= 0 && steps < past.length) {
      while (past.length > steps + 1) past.pop();
      goBack();
    } else if (steps !== past.length) {
      applyLink();
    }
  });
  addEventListener('beforeprint', () => { drawAll = true; drawRows(); });
  addEventListener('afterprint', () => { drawAll = false; drawRows(); });

  // ---- begin

  frames.replaceChildren();
  svg.classList.add('live');
  svg.classList.remove('loading');
  if (settings.fluid === 'true') {
    svg.setAttribute('width', '100%');
    svg.removeAttribute('viewBox');
  } else {
    svg.removeAttribute('viewBox');
  }
  frames.setAttribute('role', 'tree');
  frames.setAttribute('aria-label', svg.querySelector('#title')?.textContent || 'Flame graph');
  makeCurrentView();
  state.zoomed = view.root;
  state.selected = view.root;
  look();
  controls.place(seen.top, seen.width, Number(svg.getAttribute('height')));
  draw(view.root);
  if (location.hash.length > 1) applyLink();
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
