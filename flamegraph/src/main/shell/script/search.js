// Which names match, and how much of the picture they cover.

const SLICE_MS = 12;
const STEPS = 100000;

/** Matches all names against a pattern, giving way to the page between slices of work. */
async function searchNames(names, text, ignoreCase, isCurrent) {
  let begin;
  let note = '';
  try {
    begin = compilePattern(text, ignoreCase);
  } catch (error) {
    note = `Not a pattern (${error.message}): searched as plain text`;
    begin = compileText(text, ignoreCase);
  }
  const matched = new Uint8Array(names.count);
  let sliceEnd = performance.now() + SLICE_MS;
  for (let id = 0; id < names.count; id++) {
    const look = begin(names.text(id));
    let found = look(STEPS);
    while (found === undefined || ((id & 15) === 15 && performance.now() > sliceEnd)) {
      if (performance.now() > sliceEnd) {
        await new Promise((resume) => { setTimeout(resume); });
        if (!isCurrent()) return null;
        sliceEnd = performance.now() + SLICE_MS;
      }
      if (found === undefined) found = look(STEPS);
    }
    if (found) matched[id] = 1;
  }
  return { text, ignoreCase, note, matched, has: (id) => id >= 0 && matched[id] === 1 };
}

/** For each node, whether it or a frame it was called from matches. */
function matchesAbove(tree, search) {
  return search.above ??= (() => {
    const above = new Uint8Array(tree.count);
    for (let node = 1; node < tree.count; node++) {
      above[node] = above[tree.parent[node]] | search.matched[tree.name[node]];
    }
    return above;
  })();
}

/** For each node, how many frames before it in drawing order match. */
function matchesBefore(tree, search) {
  return search.before ??= (() => {
    const before = new Int32Array(tree.count + 1);
    for (let node = 1; node < tree.count; node++) {
      before[node + 1] = before[node] + search.matched[tree.name[node]];
    }
    return before;
  })();
}

/** Whether what an item's key stands for, or anything in it, matches. */
function keyMatches(tree, view, key, search) {
  if (key.places) return key.places.some((place) => matchesAbove(tree, search)[place] === 1);
  const before = matchesBefore(tree, search);
  const nodes = key.nodes || [key];
  return nodes.some((node) => before[tree.end[node]] > before[node]);
}

/** The value that topmost matches cover inside an item. */
function matchedValue(tree, model, view, item, search) {
  if (item.keys) {
    return item.keys.reduce((sum, key) => sum
      + matchedValue(tree, model, view, view.make(item, key, 0), search), 0);
  }
  if (item.places) {
    const above = matchesAbove(tree, search);
    const amounts = view.entryAmounts;
    let sum = 0;
    for (let i = 0; i < item.places.length; i++) {
      if (above[item.places[i]] === 1) sum += amounts[item.leaves[i]];
    }
    return sum;
  }
  let sum = 0;
  for (const node of view.nodes(item)) {
    for (const top of topmost(tree, search.has, node, tree.end[node])) sum += model.value.self[top];
  }
  return sum;
}
