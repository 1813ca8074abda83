// The table beside the flames: what each function holds, who calls it and what it calls.

const MOST_ROWS = 500;

/** The columns of a model to add up: exact ones where numbers could not hold the sums. */
function columnsOf(tree, model) {
  return tree.exact ? { self: model.exactWeight, inclusive: model.exactValue }
    : { self: model.weight, inclusive: model.value };
}

/** For each name its own value, and the value of its topmost frames; one of each for every metric. */
function functionTotals(tree, model) {
  const { count, name, end } = tree;
  const columns = columnsOf(tree, model);
  const metrics = Object.keys(columns.self);
  const Type = tree.exact ? BigInt64Array : Float64Array;
  const fresh = () => Object.fromEntries(metrics.map((metric) => [metric, new Type(tree.names.count)]));
  const totals = { self: fresh(), inclusive: fresh() };
  const open = new Int32Array(tree.names.count);
  const stack = [];
  for (let node = 1; node < count; node++) {
    while (stack.length && end[stack[stack.length - 1]] <= node) open[name[stack.pop()]]--;
    const outermost = open[name[node]]++ === 0;
    for (const metric of metrics) {
      totals.self[metric][name[node]] += columns.self[metric][node];
      if (outermost) totals.inclusive[metric][name[node]] += columns.inclusive[metric][node];
    }
    stack.push(node);
  }
  return totals;
}

/** What a function was called by, or calls: names with values by metric, largest first. */
function relatives(tree, model, id, callers) {
  const columns = columnsOf(tree, model).inclusive;
  const metrics = Object.keys(columns);
  const sums = new Map();
  const add = (name, node) => {
    let sum = sums.get(name);
    if (!sum) sums.set(name, sum = Object.fromEntries(metrics.map((metric) => [metric, tree.exact ? 0n : 0])));
    for (const metric of metrics) sum[metric] += columns[metric][node];
  };
  for (const node of topmost(tree, (name) => name === id, 1, tree.count)) {
    if (callers) {
      add(tree.name[tree.parent[node]], node);
    } else {
      for (let c = node + 1; c < tree.end[node]; c = tree.end[c]) add(tree.name[c], c);
    }
  }
  return [...sums].filter(([, sum]) => sum.self > 0)
    .sort((a, b) => Number(weightOf(b[1]) - weightOf(a[1])) || compareNames(tree, a[0], b[0]));
}

const compared = settings.comparison === 'inclusive';

/** By what functions are sorted: their value, or, where two runs are compared, its change. */
function weightOf(sum) {
  if (!compared) return sum.self;
  return sum.after > sum.before ? sum.after - sum.before : sum.before - sum.after;
}

/** Fills the table of a page, if the picture is in one; returns what the flames tell it. */
function makeTable(tree, currentModel, choose) {
  const place = document.querySelector('section[data-place=functions]');
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

  const short = (printed) => humanUnits(printed) || grouped(printed);
  const cell = (sum) => {
    if (compared) {
      return html('td', { title: comparison(sum.before, sum.after, true).slice(1, -1) },
        `${signed(short(printedCount(sum.after - sum.before)))} `,
        html('small', { class: 'now' }, `now ${short(printedCount(sum.after))}`));
    }
    const printed = printedCount(sum.self);
    const share = percentOf(Number(printed), shownBase);
    return html('td', { title: `${grouped(printed)} ${settings.countname}` },
      `${short(printed)} `, html('small', {}, `${share}%`));
  };
  const sumOf = (columns, id) =>
    Object.fromEntries(Object.keys(columns).map((metric) => [metric, columns[metric][id]]));
  const link = (id) => html('button', {
    type: 'button', class: 'name', 'data-function': id, onclick: () => choose(id),
  }, html('bdi', {}, id < 0 ? 'all' : tree.names.text(id)));
  const row = (id, ...cells) => html('tr', id === chosen ? { 'aria-selected': 'true' } : {},
    ...cells, html('td', {}, link(id)));

  function fill() {
    const wanted = filter.value.toLowerCase();
    const ids = [];
    for (let id = 0; id < tree.names.count; id++) {
      if (totals.inclusive.self[id] > 0
        && (!wanted || tree.names.text(id).toLowerCase().includes(wanted))) ids.push(id);
    }
    if (order === 'name') ids.sort((a, b) => compareNames(tree, a, b));
    else {
      const weights = new Map(ids.map((id) => [id, weightOf(sumOf(totals[order], id))]));
      ids.sort((a, b) => Number(weights.get(b) - weights.get(a)) || a - b);
    }
    for (const key of Object.keys(heads)) {
      const sorted = key !== order ? 'none' : key === 'name' ? 'ascending' : 'descending';
      heads[key].setAttribute('aria-sort', sorted);
    }
    body.replaceChildren(...ids.slice(0, MOST_ROWS)
      .map((id) => row(id, cell(sumOf(totals.self, id)), cell(sumOf(totals.inclusive, id)))));
    const number = grouped(String(ids.length));
    note.textContent = (ids.length > MOST_ROWS
      ? `The first ${MOST_ROWS} of ${number} functions: filter to see others.` : `${number} functions`)
      + (compared ? '. Changes, the largest first.' : '');
  }

  function list(title, pairs) {
    const rows = pairs.slice(0, MOST_ROWS).map(([id, sum]) => row(id, cell(sum)));
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
