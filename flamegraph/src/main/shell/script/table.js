// The table beside the flames: what each function holds, who calls it and what it calls.

const MOST_ROWS = 500;

/** For each name its own value, and the value of its topmost frames. */
function functionTotals(tree, model) {
  const { count, name, end } = tree;
  const { self } = model.weight;
  const value = model.value.self;
  const totals = {
    self: new Float64Array(tree.names.count), inclusive: new Float64Array(tree.names.count),
  };
  const open = new Int32Array(tree.names.count);
  const stack = [];
  for (let node = 1; node < count; node++) {
    while (stack.length && end[stack[stack.length - 1]] <= node) open[name[stack.pop()]]--;
    totals.self[name[node]] += self[node];
    if (open[name[node]]++ === 0) totals.inclusive[name[node]] += value[node];
    stack.push(node);
  }
  return totals;
}

/** What a function was called by, or calls: names with values, largest first. */
function relatives(tree, model, id, callers) {
  const sums = new Map();
  const add = (name, value) => sums.set(name, (sums.get(name) || 0) + value);
  const value = model.value.self;
  for (const node of topmost(tree, (name) => name === id, 1, tree.count)) {
    if (callers) {
      add(tree.name[tree.parent[node]], value[node]);
    } else {
      for (let c = node + 1; c < tree.end[node]; c = tree.end[c]) add(tree.name[c], value[c]);
    }
  }
  return [...sums].filter(([, amount]) => amount > 0).sort((a, b) => b[1] - a[1] || compareNames(tree, a[0], b[0]));
}

/** Fills the table of a page, if the picture is in one; returns what the flames tell it. */
function makeTable(tree, currentModel, choose) {
  const place = document.querySelector('[data-place=functions]');
  if (!place) return { show() {}, refresh() {} };
  let model = currentModel();
  let totals = functionTotals(tree, model);
  let order = 'inclusive';
  let chosen = -1;
  const filter = html('input', {
    type: 'search', placeholder: 'Filter functions', 'aria-label': 'Filter functions',
    oninput: () => fill(),
  });
  const body = html('tbody', {});
  const heads = {};
  const head = (key, label) => {
    heads[key] = html('th', { scope: 'col', 'aria-sort': 'none' }, html('button', {
      type: 'button', 'data-sort': key, onclick: () => { order = key; fill(); },
    }, label));
    return heads[key];
  };
  const table = html('table', {}, html('thead', {}, html('tr', {},
    head('self', 'Self'), head('inclusive', 'Total'), head('name', 'Function'))), body);
  const note = html('p', { class: 'note' });
  const detail = html('div', { class: 'relatives', 'aria-live': 'polite' });
  place.append(filter, html('div', { class: 'scroll' }, table), note, detail);

  const cell = (amount) => {
    const printed = printedCount(amount);
    const share = percentOf(Number(printed), shownBase);
    return html('td', { title: `${grouped(printed)} ${settings.countname}` },
      `${humanUnits(printed) || grouped(printed)} `, html('small', {}, `${share}%`));
  };
  const link = (id) => html('button', {
    type: 'button', class: 'name', 'data-function': id, onclick: () => choose(id),
  }, html('bdi', {}, id < 0 ? 'all' : tree.names.text(id)));
  const row = (id, ...cells) => html('tr', id === chosen ? { 'aria-selected': 'true' } : {},
    ...cells, html('td', {}, link(id)));

  function fill() {
    const wanted = filter.value.toLowerCase();
    const ids = [];
    for (let id = 0; id < tree.names.count; id++) {
      if (totals.inclusive[id] > 0
        && (!wanted || tree.names.text(id).toLowerCase().includes(wanted))) ids.push(id);
    }
    if (order === 'name') ids.sort((a, b) => compareNames(tree, a, b));
    else ids.sort((a, b) => totals[order][b] - totals[order][a] || a - b);
    for (const key of Object.keys(heads)) {
      const sorted = key !== order ? 'none' : key === 'name' ? 'ascending' : 'descending';
      heads[key].setAttribute('aria-sort', sorted);
    }
    body.replaceChildren(...ids.slice(0, MOST_ROWS)
      .map((id) => row(id, cell(totals.self[id]), cell(totals.inclusive[id]))));
    note.textContent = ids.length > MOST_ROWS
      ? `The first ${MOST_ROWS} of ${grouped(String(ids.length))} functions: filter to see others.`
      : `${grouped(String(ids.length))} functions`;
  }

  function list(title, pairs) {
    const rows = pairs.slice(0, MOST_ROWS).map(([id, value]) => row(id, cell(value)));
    return html('section', { 'data-relatives': title.toLowerCase() }, html('h3', {}, title),
      rows.length ? html('table', {}, html('tbody', {}, ...rows)) : html('p', {}, 'none'));
  }

  function show(id) {
    chosen = id;
    for (const other of body.children) {
      const match = other.querySelector('[data-function]').getAttribute('data-function') === String(id);
      if (match) other.setAttribute('aria-selected', 'true');
      else other.removeAttribute('aria-selected');
    }
    if (id < 0) {
      detail.replaceChildren();
      return;
    }
    detail.replaceChildren(html('h2', {}, html('bdi', {}, tree.names.text(id))),
      list('Callers', relatives(tree, model, id, true)),
      list('Callees', relatives(tree, model, id, false)));
  }

  fill();
  return {
    show,
    refresh() {
      if (model === currentModel()) return;
      model = currentModel();
      totals = functionTotals(tree, model);
      fill();
    },
  };
}
