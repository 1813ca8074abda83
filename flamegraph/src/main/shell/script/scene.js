// Draws what is looked at and keeps the bars in place.

function installScene(app) {
  const { tree, names, state, controls, frames } = app;

  // Reading sizes from the page forces it to lay everything out, so they are read once before the
  // frames app.change, and after scrolling.
  const seen = { width: 0, top: 0, from: 0, to: -1 };
  const layoutWidth = () => (settings.fluid === 'true' ? seen.width : Number(settings.width));

  function look() {
    const box = svg.getBoundingClientRect();
    seen.width = box.width;
    seen.top = box.top;
    controls.measure();
  }

  /** Draws everything anew and scrolls a frame into sight. */
  function draw(shown = null, again = true) {
    drawBars();
    look();
    const { width } = seen;
    app.rows = layOut(app.view, state.zoomed, layoutWidth());
    const height = controls.headerHeight() + app.rows.length * frameHeight + controls.footerHeight() + 10;
    const whole = Math.max(height, fillsWindow() ? innerHeight : 0);
    const old = Number(svg.getAttribute('height'));
    if (old !== whole) {
      svg.setAttribute('height', whole);
      if (!state.icicle && old > innerHeight) scrollBy(0, whole - old);
      const box = svg.getBoundingClientRect();
      seen.top = box.top;
      // A scroll bar has come or gone. What comes and goes for ever is left at the narrower width.
      if (box.width < width || (again && box.width > width)) {
        draw(shown, false);
        return;
      }
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
    if (app.drawAll) return [0, app.rows.length - 1];
    const first = rowTop(0) + seen.top;
    const step = state.icicle ? frameHeight : -frameHeight;
    const ends = [(-margin - first) / step, (innerHeight + margin - first) / step]
      .sort((x, y) => x - y);
    return [Math.max(0, Math.floor(ends[0])), Math.min(app.rows.length - 1, Math.ceil(ends[1]))];
  }

  function drawRows() {
    const hadFocus = frames.contains(document.activeElement);
    app.pool.recycle();
    [seen.from, seen.to] = rowsInSight(ROW_MARGIN * frameHeight);
    // Who hears the frames hears them in the order of the elements: each parent's children behind it.
    const inSight = app.rows.slice(seen.from, seen.to + 1).flat().sort((a, b) => a.order - b.order);
    const drawn = inSight.map((placed) => drawFrame(placed, rowTop(placed.item.depth)));
    putInPlace(drawn.map((parts) => parts.g));
    // One frame is a stop of the Tab key, also when the one selected is out of sight.
    app.tabStop = drawn.find((parts) => sameItem(parts.item, state.selected)) || drawn[0] || null;
    if (app.tabStop) setOnce(app.tabStop, app.tabStop.g, 'tab', 'tabindex', '0');
    if (hadFocus) focusSelected();
  }

  /** Most elements are where they were; to take out and put back all would take as long as drawing. */
  function putInPlace(elements) {
    let at = frames.firstChild;
    for (const element of elements) {
      if (element === at) at = at.nextSibling;
      else frames.insertBefore(element, at);
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  function drawRowsInSight() {
    const [from, to] = rowsInSight(0);
    if (from < seen.from || to > seen.to) drawRows();
  }

  function drawFrame(placed, y) {
    const { item } = placed;
    const given = (!item.run && app.attributes[item.name]) || null;
    const parts = app.pool.take(given && given.href ? 'a' : 'g');
    const found = state.search && (item.run
      ? item.keys.some((key) => keyMatches(tree, app.view, key, state.search)) : state.search.has(item.name));
    const current = sameItem(item, state.selected);
    const outside = item.depth < state.zoomed.depth;
    takeBack(parts, given);
    paintFrame(parts, placed, y, {
      names, current,
      fill: found ? settings.searchcolor : colorOf(tree, app.view, item),
      title: given && given.title ? given.title : titleOf(app.view, item, names),
      classes: [outside && 'outside', item.run && 'run', outlineOf(app.view, item), found && 'found',
        given && given.others.class].filter(Boolean).join(' '),
    });
    if (given) {
      for (const [key, value] of Object.entries(given.others)) {
        if (key !== 'class') setOnce(parts, parts.g, `given-${key}`, key, value);
      }
      if (given.href) setOnce(parts, parts.g, 'href', 'href', given.href);
    }
    return parts;
  }

  function elementOf(item) {
    return app.pool.used().find((parts) => sameItem(parts.item, item));
  }

  function focusSelected() {
    const parts = elementOf(state.selected);
    if (parts && parts.g !== document.activeElement) parts.g.focus({ preventScroll: true });
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

  /** All rows, under the title, scaled to the width of the paper, which is not known. */
  function fitPaper() {
    app.drawAll = true;
    drawRows();
    const subtitle = svg.querySelector('#subtitle');
    const titles = (subtitle ? 5 : 3) * fontSize;
    const top = rowTop(state.icicle ? 0 : app.rows.length - 1) - titles;
    const middle = (layoutWidth() - Number(settings.width)) / 2;
    for (const text of [svg.querySelector('#title'), subtitle]) {
      if (text) text.setAttribute('transform', `translate(${middle} ${top})`);
    }
    const height = titles + app.rows.length * frameHeight + PAD;
    svg.setAttribute('viewBox', `0 ${top} ${layoutWidth()} ${height}`);
    svg.setAttribute('preserveAspectRatio', 'xMinYMin');
    svg.setAttribute('width', '100%');
    svg.removeAttribute('height');
  }

  function fitWindow() {
    app.drawAll = false;
    svg.removeAttribute('viewBox');
    svg.setAttribute('width', settings.fluid === 'true' ? '100%' : settings.width);
    draw(state.zoomed);
  }

  function drawBars() {
    controls.setPressed('icicle', state.icicle);
    controls.setPressed('reversed', state.reversed);
    controls.setPressed('focus', state.focus !== null);
    controls.setPressed('ignoreCase', state.ignoreCase);
    controls.setDisabled('back', app.past.length === 0);
    showDetails();
  }

  function showDetails() {
    const item = app.hovered || state.selected;
    if (!item) return;
    const parts = detailsOf(app.view, item, state.zoomed, names);
    if (state.operations.length) parts.push('frames are hidden, shares are of the whole');
    controls.setDetails(parts);
  }

  Object.assign(app, { fitPaper, fitWindow, draw, drawRows, drawRowsInSight, elementOf, focusSelected, reveal, showDetails, look, seen });
}
