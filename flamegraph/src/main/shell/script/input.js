// Pointers, keys and the window.

function installInput(app) {
  const { names, state, controls, frames } = app;

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
    if (item.name >= 0) app.table.show(item.name);
    if (event.target.closest('a') && !event.shiftKey) return;
    event.preventDefault();
    if (event.pointerType === 'touch' && !sameItem(item, selectedBefore)) {
      app.select(item);
      app.drawRows();
    } else {
      app.zoom(item);
    }
  });
  // Frames that come to lie under a pointer at rest must not take the details from the one selected.
  let atRest = false;
  for (const type of ['keydown', 'click']) addEventListener(type, () => { atRest = true; }, true);
  addEventListener('pointermove', (event) => {
    if (event.movementX || event.movementY) atRest = false;
  }, true);
  frames.addEventListener('pointerover', (event) => {
    const item = itemAt(event);
    if (!item || atRest || event.pointerType === 'touch') return;
    app.hovered = item;
    app.showDetails();
    const parts = app.elementOf(item);
    const given = app.attributes[item.name];
    if (parts && !(given && given.title)) {
      const [, ...more] = detailsOf(app.view, item, state.zoomed, names);
      setText(parts, parts.title, 'title', [titleOf(app.view, item, names), ...more].join('\n'));
    }
  });
  frames.addEventListener('pointerout', () => { app.hovered = null; });
  // On the group itself this would make the group a stop of the Tab key.
  document.addEventListener('focusin', (event) => {
    const item = itemAt(event);
    if (item && !sameItem(item, state.selected)) app.select(item);
  });

  /** Moves the selection to the row above or below, or to a neighbour in its row. */
  function move(key) {
    const { selected } = state;
    const down = (key === 'ArrowDown') === state.icicle;
    let target = null;
    if (key === 'ArrowUp' || key === 'ArrowDown') {
      const here = (app.rows[selected.depth] || []).find((placed) => sameItem(placed.item, selected));
      if (!here) target = state.zoomed;
      else if (!down) target = selected.parent;
      else {
        const next = (app.rows[selected.depth + 1] || [])
          .find((placed) => sameItem(placed.item.parent, selected));
        target = next ? next.item : null;
      }
    } else {
      const row = app.rows[selected.depth] || [];
      const at = row.findIndex((placed) => sameItem(placed.item, selected));
      const next = row[at + (key === 'ArrowRight' ? 1 : -1)];
      target = next ? next.item : null;
    }
    if (!target) return;
    app.select(target);
    app.reveal(target);
    app.focusSelected();
  }

  const commands = commandsOf(app);
  const keys = {
    '/': () => { controls.input.focus(); controls.input.select(); },
    Escape: commands.wholePicture,
    0: commands.reset,
    Backspace: commands.back,
    n: commands.nextMatch,
    N: commands.previousMatch,
    i: commands.icicle,
    r: commands.reversed,
    f: commands.focus,
    h: commands.hide,
    k: commands.keep,
    c: commands.copy,
    '?': commands.help,
    ArrowUp: () => move('ArrowUp'),
    ArrowDown: () => move('ArrowDown'),
    ArrowLeft: () => move('ArrowLeft'),
    ArrowRight: () => move('ArrowRight'),
    Enter: () => app.zoom(state.selected),
    Home: () => { app.select(app.view.root); app.reveal(app.view.root); app.focusSelected(); },
  };

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey && event.key.toLowerCase() === 'i' && !event.altKey) {
      commands.ignoreCase();
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape' && controls.closeDialog()) {
      app.focusSelected();
      return;
    }
    if (event.target === controls.input) {
      if (event.key === 'Enter') app.stepMatch(event.shiftKey ? -1 : 1);
      else if (event.key === 'Escape') {
        controls.input.value = '';
        app.runSearch('');
        controls.input.blur();
        app.focusSelected();
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
    app.seen.top = svg.getBoundingClientRect().top;
    app.drawRowsInSight();
    controls.place(app.seen.top, app.seen.width, Number(svg.getAttribute('height')));
  }, { passive: true });
  addEventListener('resize', () => app.draw());
  addEventListener('popstate', (event) => {
    const steps = event.state ? event.state.steps : -1;
    if (steps >= 0 && steps < app.past.length) {
      while (app.past.length > steps + 1) app.past.pop();
      app.goBack();
    } else {
      app.followAddress(steps);
    }
  });
  addEventListener('beforeprint', app.fitPaper);
  addEventListener('afterprint', app.fitWindow);
}
