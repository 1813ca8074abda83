// From a view and the frame zoomed into to elements. Only rows near the window have elements.

const PAD = 10;
const RUN_PIXELS = 24;
const LEAST_PIXELS = 1;
const MOST_IN_SIGHT = 1500;
const MOST_PLACED = 300000;
const ROWS_IN_SIGHT = 64;
const ROW_MARGIN = 6;
const frameHeight = Number(settings.frameheight);
const fontSize = Number(settings.fontsize);
const fontFamily = svg.getAttribute('font-family');

const textWidth = (() => {
  const context = document.createElementNS(HTML_NS, 'canvas').getContext('2d');
  const widths = new Map();
  return (text) => {
    let width = widths.get(text);
    if (width === undefined) {
      context.font = `${fontSize}px ${fontFamily}`;
      if (widths.size > 20000) widths.clear();
      widths.set(text, width = context.measureText(text).width);
    }
    return width;
  };
})();

/** As much of a name as fits into a width, ".." for the rest; nothing if that is too little. */
function fitLabel(name, space) {
  if (space < 2.2 * fontSize * Number(settings.fontwidth) + 1) return '';
  if (name.length * fontSize < space || textWidth(name) <= space) return name;
  let low = 0;
  let high = Math.min(name.length, Math.ceil(space / (fontSize * 0.2)));
  const keepEnd = settings.truncate === 'left';
  const cut = (n) => (keepEnd ? `..${name.slice(name.length - n)}` : `${name.slice(0, n)}..`);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (textWidth(cut(middle)) <= space) low = middle;
    else high = middle - 1;
  }
  return low > 0 ? cut(low) : '';
}

/** The most frames that any stretch of rows as high as a window holds. */
function mostInSight(rows) {
  let sum = 0;
  let most = 0;
  for (let row = 0; row < rows.length; row++) {
    sum += rows[row].length - (row >= ROWS_IN_SIGHT ? rows[row - ROWS_IN_SIGHT].length : 0);
    most = Math.max(most, sum);
  }
  return most;
}

/** The value of the narrowest frame to draw, as asked for; a scale is pixels for each unit of value. */
function leastValue(whole, scale) {
  const least = Number.parseFloat(settings.minwidth);
  return settings.minwidth.endsWith('%') ? whole * (least / 100) : least / scale;
}

/**
 * Places the zoomed item, the items it lies in, and what it holds, row by row: where each begins, how wide
 * it is, where it comes in the tree ("order", parents first) and among how many siblings ("at", "of").
 */
function layOut(view, zoomed, width) {
  const space = Math.max(1, width - 2 * PAD);
  const whole = !zoomed.parent && view.full ? Number(settings.base) : zoomed.value;
  const scale = space / whole;
  // Zooming into a run is asking for what was too narrow.
  const least = zoomed.run ? 0 : leastValue(whole, scale);
  const runLimit = Math.max(RUN_PIXELS / scale, least);
  for (let pixels = LEAST_PIXELS; ; pixels *= 1.6) {
    const rows = [];
    let count = 0;
    const place = (placed) => {
      placed.order = count++;
      (rows[placed.item.depth] ||= []).push(placed);
    };
    const path = pathOf(zoomed).map((item) => ({ item, x: PAD, w: space, order: 0, at: 1, of: 1 }));
    path.slice(0, -1).forEach(place);
    const open = path.slice(-1);
    while (open.length && count <= MOST_PLACED) {
      const placed = open.pop();
      const { item, x } = placed;
      place(placed);
      if (item.run && item !== zoomed) continue;
      const children = childrenOf(view, item, Math.max(pixels / scale, least), runLimit, pixels / scale / 8);
      const drawn = [];
      for (const child of children) {
        const left = x + child.offset * scale;
        const w = child.value * scale;
        if (child.run && w < 0.2) continue;
        drawn.push({
          item: child, x: left, w: child.run ? Math.max(w, 1) : w, order: 0, at: drawn.length + 1, of: 0,
        });
      }
      for (let i = drawn.length - 1; i >= 0; i--) {
        drawn[i].of = drawn.length;
        open.push(drawn[i]);
      }
    }
    const fits = count <= MOST_PLACED && mostInSight(rows) <= MOST_IN_SIGHT;
    if (fits || pixels > 64) return rows;
  }
}

function rgb(color) {
  return `rgb(${color[0]},${color[1]},${color[2]})`;
}

/** Red for growth, blue for shrinkage; the same as in the picture without script. */
function shareColor(share) {
  const c = Math.round(255 - 160 * Math.abs(share));
  if (share === 0) return 'rgb(255,255,255)';
  return share > 0 === (settings.negate !== 'true') ? `rgb(255,${c},${c})` : `rgb(${c},${c},255)`;
}

function deltaColor(delta, most) {
  if (delta === 0) return 'rgb(255,255,255)';
  const c = Math.trunc(210 * (most - Math.abs(delta)) / most);
  return delta > 0 === (settings.negate !== 'true') ? `rgb(255,${c},${c})` : `rgb(${c},${c},255)`;
}

function colorOf(tree, view, item) {
  const named = () => rgb(tree.colors.subarray(3 * (item.name + 1), 3 * (item.name + 1) + 3));
  if (item.run) return 'url(#narrow)';
  if (item.name >= 0 && /^--?$/.test(tree.names.text(item.name))) return named();
  if (settings.comparison === 'inclusive') {
    const before = view.measure(item, 'before', false);
    const after = view.measure(item, 'after', false);
    return shareColor((after - before) / Math.max(before, after, 1));
  }
  const delta = view.delta(item);
  return Number.isNaN(delta) ? named() : deltaColor(delta, Number(settings.largestdelta));
}

function outlineOf(view, item) {
  if (settings.comparison !== 'inclusive' || item.run) return '';
  const before = view.measure(item, 'before', false);
  const after = view.measure(item, 'after', false);
  return before === after ? '' : before === 0 ? 'new' : after === 0 ? 'removed' : '';
}

function svgElement(name, ...children) {
  const element = document.createElementNS(SVG_NS, name);
  element.append(...children);
  return element;
}

/** Elements for frames, used again from one picture to the next. */
function makePool() {
  const free = { g: [], a: [] };
  let used = [];
  const create = (kind) => {
    const parts = {
      kind, title: svgElement('title'), rect: svgElement('rect'), text: svgElement('text'),
      now: new Map(),
    };
    parts.g = svgElement(kind, parts.title, parts.rect);
    parts.g.setAttribute('role', 'treeitem');
    parts.g.frame = parts;
    return parts;
  };
  return {
    take(kind) {
      const parts = free[kind].pop() || create(kind);
      used.push(parts);
      return parts;
    },
    recycle() {
      for (let i = used.length - 1; i >= 0; i--) free[used[i].kind].push(used[i]);
      used = [];
    },
    used: () => used,
  };
}

function setOnce(parts, element, key, name, value) {
  if (parts.now.get(key) === value) return;
  parts.now.set(key, value);
  if (value === '' && name !== 'class') element.removeAttribute(name);
  else element.setAttribute(name, value);
}

function setText(parts, element, key, value) {
  if (parts.now.get(key) === value) return;
  parts.now.set(key, value);
  if (element.firstChild) element.firstChild.data = value;
  else element.textContent = value;
}

function round(x) {
  return String(Math.round(x * 100) / 100);
}

/** Takes from an element what was given to the frame it stood for before. */
function takeBack(parts, given) {
  if (parts.given && parts.given !== given) {
    for (const key of Object.keys(parts.given.others)) parts.g.removeAttribute(key);
    parts.now.clear();
  }
  parts.given = given;
}

/** Gives a frame's elements their place, colour, texts and roles. */
function paintFrame(parts, placed, y, look) {
  const { item, x, w } = placed;
  parts.item = item;
  const name = item.run ? '' : look.names.text(item.name);
  setOnce(parts, parts.rect, 'x', 'x', round(x));
  setOnce(parts, parts.rect, 'y', 'y', round(y));
  setOnce(parts, parts.rect, 'w', 'width', round(Math.max(w, 0)));
  setOnce(parts, parts.rect, 'h', 'height', String(frameHeight - 1));
  setOnce(parts, parts.rect, 'fill', 'fill', look.fill);
  setOnce(parts, parts.g, 'class', 'class', look.classes);
  setOnce(parts, parts.g, 'level', 'aria-level', String(item.depth + 1));
  setOnce(parts, parts.g, 'at', 'aria-posinset', String(placed.at));
  setOnce(parts, parts.g, 'of', 'aria-setsize', String(placed.of));
  setOnce(parts, parts.g, 'tab', 'tabindex', look.current ? '0' : '-1');
  setOnce(parts, parts.g, 'selected', 'aria-selected', String(look.current));
  setText(parts, parts.title, 'title', look.title);
  const label = item.run ? '' : fitLabel(name, w - 6);
  if (label === '' && parts.text.parentNode) parts.text.remove();
  if (label) {
    if (!parts.text.parentNode) parts.g.append(parts.text);
    setText(parts, parts.text, 'text', label);
    setOnce(parts, parts.text, 'tx', 'x', round(x + 3));
    setOnce(parts, parts.text, 'ty', 'y', round(3 + y + (frameHeight - 1) / 2));
  }
}
