// Ways to look at the tree. A view gives items: a frame of the picture with a name, a value, the
// depth of its row, and its children on demand. An item that stands for several frames too narrow
// to draw is a run: its "keys" are what a view needs to make the frames it holds.

function sumOver(nodes, column) {
  let sum = column instanceof BigInt64Array ? 0n : 0;
  for (let i = 0; i < nodes.length; i++) sum += column[nodes[i]];
  return sum;
}

/** Children by name: groups of node numbers. */
function groupByName(tree, nodes, nameOf) {
  const groups = new Map();
  for (let i = 0; i < nodes.length; i++) {
    const name = nameOf(nodes[i]);
    let group = groups.get(name);
    if (!group) groups.set(name, group = []);
    group.push(i);
  }
  return [...groups].sort((a, b) => compareNames(tree, a[0], b[0]));
}

function compareNames(tree, a, b) {
  const x = tree.names.text(a);
  const y = tree.names.text(b);
  return x < y ? -1 : x > y ? 1 : a - b;
}

/** Callers at the root, as collected. */
function plainView(tree, model) {
  const { end, name } = tree;
  const { self } = model.weight;
  const value = model.value.self;
  const make = (above, node, offset) => ({
    parent: above, node, name: name[node], offset, value: value[node],
    depth: above ? above.depth + 1 : 0,
  });
  return {
    reversed: false,
    root: make(null, 0, 0),
    make: (above, key, offset) => make(above, key, offset),
    each(item, visit) {
      if (item.keys) {
        let offset = 0;
        for (const key of item.keys) {
          visit(key, offset, value[key], name[key]);
          offset += value[key];
        }
        return;
      }
      let offset = tree.lead ? 0 : self[item.node];
      for (let child = item.node + 1; child < end[item.node]; child = end[child]) {
        if (tree.lead) offset += tree.lead[child];
        visit(child, offset, value[child], name[child]);
        offset += value[child];
      }
    },
    self: (item) => self[item.node],
    measure: (item, metric, exact) =>
      (exact ? model.exactValue : model.value)[metric][item.node],
    measureSelf: (item, metric, exact) =>
      (exact ? model.exactWeight : model.weight)[metric][item.node],
    delta: (item) => (tree.delta ? tree.delta[item.node] : NaN),
    ranges: (item) => [item.node, end[item.node]],
    nodes: (item) => [item.node],
  };
}

/** One function, all its occurrences merged, and what it calls. */
function focusView(tree, model, focusName) {
  const { end, name } = tree;
  const value = model.value.self;
  const make = (above, group, offset) => ({
    parent: above, name: group.name, nodes: group.nodes, offset, value: group.value,
    depth: above ? above.depth + 1 : 0,
  });
  const tops = topmost(tree, (id) => id === focusName, 1, tree.count);
  const groupsOf = (item) => item.groups ??= (() => {
    const children = [];
    for (const node of item.nodes) {
      for (let child = node + 1; child < end[node]; child = end[child]) children.push(child);
    }
    return groupByName(tree, children, (node) => name[node]).map(([id, indices]) => {
      const nodes = indices.map((i) => children[i]);
      return { name: id, nodes, value: sumOver(nodes, value) };
    });
  })();
  return {
    reversed: false,
    root: make(null, { name: focusName, nodes: tops, value: sumOver(tops, value) }, 0),
    make,
    each(item, visit) {
      let offset = item.keys ? 0 : sumOver(item.nodes, model.weight.self);
      for (const group of item.keys || groupsOf(item)) {
        visit(group, offset, group.value, group.name);
        offset += group.value;
      }
    },
    self: (item) => sumOver(item.nodes, model.weight.self),
    measure: (item, metric, exact) =>
      sumOver(item.nodes, (exact ? model.exactValue : model.value)[metric]),
    measureSelf: (item, metric, exact) =>
      sumOver(item.nodes, (exact ? model.exactWeight : model.weight)[metric]),
    delta: (item) => (tree.delta ? sumOver(item.nodes, tree.delta) : NaN),
    ranges: (item) => item.nodes.flatMap((node) => [node, end[node]]),
    nodes: (item) => item.nodes,
  };
}

/**
 * Callees at the root: each stack read from its end, or from the focused function, towards its
 * start. An item has entries: where each of its stacks ends ("leaves"), and how far up it has come
 * ("places"). Children are made when an item is first looked at.
 */
function reversedView(tree, model, focusName) {
  const { parent, name, end } = tree;
  const focused = focusName !== null;
  const amounts = focused ? model.value : model.weight;
  const exactAmounts = focused ? model.exactValue : model.exactWeight;
  const make = (above, group, offset) => ({
    parent: above, name: group.name, leaves: group.leaves, places: group.places, offset,
    value: group.value, depth: above ? above.depth + 1 : 0,
  });
  const leaves = [];
  if (focused) {
    leaves.push(...topmost(tree, (id) => id === focusName, 1, tree.count));
  } else {
    for (let node = 0; node < tree.count; node++) {
      if (amounts.self[node] !== 0
        || (amounts.before && amounts.before[node] !== 0)) leaves.push(node);
    }
  }
  const groupsOf = (item) => item.groups ??= (() => {
    const start = item.parent === null && !focused;
    const goesOn = [];
    const above = [];
    for (let i = 0; i < item.places.length; i++) {
      const place = start ? item.places[i] : parent[item.places[i]];
      if (place > 0) {
        goesOn.push(item.leaves[i]);
        above.push(place);
      }
    }
    return groupByName(tree, above, (node) => name[node]).map(([id, indices]) => {
      const group = {
        name: id,
        leaves: indices.map((i) => goesOn[i]),
        places: indices.map((i) => above[i]),
      };
      group.value = sumOver(group.leaves, amounts.self);
      return group;
    });
  })();
  const self = (item) => {
    const value = item.parent ? item.value : sumOver(item.leaves, amounts.self);
    return groupsOf(item).reduce((rest, group) => rest - group.value, value);
  };
  return {
    reversed: true,
    root: make(null, {
      name: focused ? focusName : -1, leaves, places: leaves, value: sumOver(leaves, amounts.self),
    }, 0),
    make,
    each(item, visit) {
      let offset = item.keys ? 0 : self(item);
      for (const group of item.keys || groupsOf(item)) {
        visit(group, offset, group.value, group.name);
        offset += group.value;
      }
    },
    self,
    measure: (item, metric, exact) =>
      sumOver(item.leaves, (exact ? exactAmounts : amounts)[metric]),
    measureSelf(item, metric, exact) {
      const column = (exact ? exactAmounts : amounts)[metric];
      return groupsOf(item)
        .reduce((rest, group) => rest - sumOver(group.leaves, column), sumOver(item.leaves, column));
    },
    delta(item) {
      if (!tree.delta) return NaN;
      let sum = NaN;
      for (let i = 0; i < item.leaves.length; i++) {
        const delta = tree.delta[item.leaves[i]];
        if (!Number.isNaN(delta)) {
          sum = (Number.isNaN(sum) ? 0 : sum) + (parent[item.places[i]] <= 0 ? delta : 0);
        }
      }
      return sum;
    },
    ranges: (item) => item.leaves.flatMap((leaf) => [leaf, focused ? end[leaf] : leaf + 1]),
    nodes: (item) => item.leaves,
    entryAmounts: amounts.self,
  };
}

function makeView(tree, model, reversed, focusName) {
  if (reversed) return reversedView(tree, model, focusName);
  return focusName === null ? plainView(tree, model) : focusView(tree, model, focusName);
}

/** The children of an item that are at least so wide; narrower ones as runs, if no larger gap parts them. */
function childrenOf(view, item, least, runLimit, gap) {
  const out = [];
  let run = null;
  view.each(item, (key, offset, value, name) => {
    if (!(value > 0)) return;
    if (value >= least) {
      run = null;
      out.push(view.make(item, key, offset));
      return;
    }
    if (!run || run.value >= runLimit || Math.abs(run.offset + run.value - offset) > gap) {
      run = { parent: item, run: true, keys: [], name: -2, offset, value: 0, depth: item.depth + 1 };
      out.push(run);
    }
    run.keys.push(key);
    run.value += value;
  });
  return out;
}

/** The items from the root to this one. */
function pathOf(item) {
  const path = [];
  for (let at = item; at; at = at.parent) path.push(at);
  return path.reverse();
}

/** By what an item's key can be told from its siblings' in any view of the same kind. */
function keyNumber(key) {
  return typeof key === 'number' ? key : key.name;
}

/** The same of an item. */
function itemNumber(item) {
  return item.node ?? item.name;
}

/** The way to an item, or to the frame whose run it is, for retrace. */
function trailOf(item) {
  return pathOf(item).slice(1).filter((at) => !at.run).map(itemNumber);
}

/** The item at the end of a trail from a view of the same kind, or the deepest one that is left of it. */
function retrace(view, trail) {
  let item = view.root;
  for (const wanted of trail) {
    let next = null;
    view.each(item, (key, offset, value) => {
      if (value > 0 && keyNumber(key) === wanted) next = view.make(item, key, offset);
    });
    if (!next) return item;
    item = next;
  }
  return item;
}

/** Whether two items, of the same view or of one drawn later, are the same frame. */
function sameItem(a, b) {
  let [x, y] = [a, b];
  while (x !== y) {
    if (!x || !y || x.name !== y.name || x.depth !== y.depth || x.offset !== y.offset) return false;
    if (x.node !== undefined || y.node !== undefined) return x.node === y.node;
    [x, y] = [x.parent, y.parent];
  }
  return true;
}
