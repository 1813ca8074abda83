// The view as the fragment of the address: names from the root, so that it survives a new picture.

const LONGEST_LINK = 32000;

function writeLink(state, names) {
  const parts = [];
  const path = pathOf(state.zoomed).slice(1).filter((item) => !item.run);
  if (path.length) {
    parts.push(`p=${path.map((item) => encodeURIComponent(names.whole(item.name))).join(';')}`);
  }
  if (state.focus !== null) parts.push(`f=${encodeURIComponent(names.whole(state.focus))}`);
  if (state.search) parts.push(`s=${encodeURIComponent(state.search.text)}`);
  const flags = (state.reversed ? 'r' : '') + (state.icicle !== state.icicleFirst ? 'i' : '')
    + (state.ignoreCase ? 'c' : '');
  if (flags) parts.push(`v=${flags}`);
  const link = parts.join('&');
  return link.length > LONGEST_LINK ? '' : link;
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
    if (part.startsWith('p=')) link.path = value.split(';').map(decodePart);
    else if (part.startsWith('f=')) link.focus = decodePart(value);
    else if (part.startsWith('s=')) link.search = decodePart(value);
    else if (part.startsWith('v=')) link.flags = value;
  }
  return link;
}

/** The item at the end of a path of names, with marks or without, or the deepest one that is there. */
function follow(view, names, path) {
  let item = view.root;
  for (let i = 0; i < path.length; i++) {
    let next = null;
    let exact = false;
    view.each(item, (key, offset, value, name) => {
      if (exact || !(value > 0)) return;
      exact = names.whole(name) === path[i];
      if (exact || (!next && names.text(name) === path[i])) next = view.make(item, key, offset);
    });
    if (!next) return { item, missing: path.slice(i) };
    item = next;
  }
  return { item, missing: [] };
}

function nameNumber(names, text) {
  for (let id = 0; id < names.count; id++) if (names.whole(id) === text) return id;
  for (let id = 0; id < names.count; id++) if (names.text(id) === text) return id;
  return null;
}
