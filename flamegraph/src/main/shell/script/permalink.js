// The view as the fragment of the address: names from the root, so that it survives a new picture.

const LONGEST_LINK = 32000;

function writeLink(state, view, names) {
  const parts = [];
  const path = pathOf(state.zoomed).slice(1).filter((item) => !item.run);
  if (path.length) {
    parts.push(`p=${path.map((item) => writeName(names, item.name, siblingsAlike(view, names, item),
      itemNumber(item))).join(';')}`);
  }
  if (state.focus !== null) {
    parts.push(`f=${writeName(names, state.focus, numbersAlike(names, state.focus), state.focus)}`);
  }
  if (state.search) parts.push(`s=${encodeURIComponent(state.search.text)}`);
  const flags = (state.reversed ? 'r' : '') + (state.icicle !== state.icicleFirst ? 'i' : '')
    + (state.ignoreCase ? 'c' : '');
  if (flags) parts.push(`v=${flags}`);
  const link = parts.join('&');
  return link.length > LONGEST_LINK ? '' : link;
}

/** A name; if others look like it, their order tells which one is meant. In names a comma is escaped. */
function writeName(names, id, alike, which) {
  const text = encodeURIComponent(names.whole(id));
  return alike.length > 1 ? `${text},${alike.indexOf(which) + 1}` : text;
}

/** The key numbers of an item and those of its siblings that look like it, from left to right. */
function siblingsAlike(view, names, item) {
  let above = item.parent;
  while (above.run) above = above.parent;
  const alike = [];
  view.each(above, (key, offset, value, name) => {
    if (names.alike(name, item.name)) alike.push(keyNumber(key));
  });
  return alike;
}

function numbersAlike(names, id) {
  const alike = [];
  for (let other = 0; other < names.count; other++) if (names.alike(other, id)) alike.push(other);
  return alike;
}

function readName(text) {
  const [, name, number] = /^(.*?)(?:,([1-9]\d*))?$/s.exec(text);
  return { name: decodePart(name), number: Number(number), text: decodePart(text) };
}

function decodePart(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readLink(fragment) {
  const link = { path: [], focus: null, search: '', flags: '' };
  for (const part of fragment.replace(/^#/, '').split('&')) {
    const value = part.slice(2);
    if (part.startsWith('p=')) link.path = value.split(';').map(readName);
    else if (part.startsWith('f=')) link.focus = readName(value);
    else if (part.startsWith('s=')) link.search = decodePart(value);
    else if (part.startsWith('v=')) link.flags = value;
  }
  return link;
}

/**
 * The item at the end of a path of names, with marks or without, or the deepest one that is there. Of
 * siblings that look alike the one with the number of the path comes first, but any may lead on.
 */
function follow(view, names, path) {
  const best = { item: view.root, length: 0 };
  const open = [{ item: view.root, length: 0 }];
  while (open.length && best.length < path.length) {
    const at = open.pop();
    if (at.length > best.length) Object.assign(best, at);
    if (at.length === path.length) break;
    const { name: wanted, number, text } = path[at.length];
    const bare = wanted.replace(MARK, '');
    const found = { first: [], alike: [], other: [] };
    let count = 0;
    view.each(at.item, (key, offset, value, name) => {
      const shown = names.text(name);
      const exact = shown === bare && names.whole(name) === wanted;
      if (exact) count++;
      if (!(value > 0) || !(exact || shown === wanted || shown === text)) return;
      const rank = !exact ? 'other' : count === number ? 'first' : 'alike';
      found[rank].push({ item: view.make(at.item, key, offset), length: at.length + 1 });
    });
    for (const next of [...found.first, ...found.alike, ...found.other].reverse()) open.push(next);
  }
  return { item: best.item, missing: path.slice(best.length) };
}

function nameNumber(names, { name, number }) {
  const alike = [];
  for (let id = 0; id < names.count; id++) if (names.whole(id) === name) alike.push(id);
  if (alike.length) return alike[number - 1] ?? alike[0];
  for (let id = 0; id < names.count; id++) if (names.text(id) === name) return id;
  return null;
}
