// The columns of the store as typed arrays; node 0 is the root, frames follow in drawing order.

const svg = (document.currentScript && document.currentScript.ownerSVGElement)
  || document.querySelector('svg[data-frames]');
const settings = svg.dataset;
const SVG_NS = 'http://www.w3.org/2000/svg';
const HTML_NS = 'http://www.w3.org/1999/xhtml';
const MARK = /_\[[kwij]\]$/;

async function readColumn(name) {
  const parts = [];
  for (const element of svg.querySelectorAll(`metadata[data-column="${name}"]`)) {
    const text = atob(element.textContent.trim());
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
    parts.push(bytes);
  }
  if (parts.length === 0) return null;
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Numbers of seven bits a byte, lowest first. */
function numberReader(bytes) {
  let at = 0;
  return () => {
    let b = bytes[at++];
    if (b < 128) return b;
    let value = b & 127;
    let unit = 128;
    do {
      b = bytes[at++];
      value += (b & 127) * unit;
      unit *= 128;
    } while (b > 127);
    return value;
  };
}

function bigReader(bytes) {
  let at = 0;
  return () => {
    let value = 0n;
    let shift = 0n;
    let b;
    do {
      b = bytes[at++];
      value |= BigInt(b & 127) << shift;
      shift += 7n;
    } while (b > 127);
    return value;
  };
}

function readNumbers(bytes, count) {
  const next = numberReader(bytes);
  const out = new Float64Array(count);
  for (let i = 0; i < count; i++) out[i] = next();
  return out;
}

/** Differences: NaN where a frame is not compared. */
function readDeltas(bytes, count) {
  const next = numberReader(bytes);
  const out = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const code = next();
    out[i] = code === 0 ? NaN : (code - 1) % 2 === 0 ? (code - 1) / 2 : -code / 2;
  }
  return out;
}

function readNames(bytes) {
  const decoder = new TextDecoder();
  const starts = [0];
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === 10) starts.push(i + 1);
  const texts = new Array(starts.length - 1);
  const whole = (id) =>
    (id < 0 ? 'all' : decoder.decode(bytes.subarray(starts[id], starts[id + 1] - 1)));
  return {
    count: texts.length,
    /** The name with its mark: with it siblings differ that look the same. */
    whole,
    /** The name without the mark of kernel, inlined or compiled code. */
    text(id) {
      if (id < 0) return 'all';
      return texts[id] ??= whole(id).replace(MARK, '');
    },
  };
}

async function readStore() {
  const count = Number(settings.frames);
  const wanted = ['depth', 'name', 'self', 'names', 'colors', 'lead', 'delta', 'before', 'after'];
  const columns = {};
  const read = await Promise.all(wanted.map(readColumn));
  wanted.forEach((name, i) => { columns[name] = read[i]; });

  const parent = new Int32Array(count);
  const name = new Int32Array(count);
  const end = new Int32Array(count);
  const depth = new Int32Array(count);
  name[0] = -1;
  parent[0] = -1;
  const nextRise = numberReader(columns.depth);
  const nextName = numberReader(columns.name);
  let last = 0;
  for (let node = 1; node < count; node++) {
    let above = last;
    for (let rise = nextRise(); rise > 0; rise--) above = parent[above];
    parent[node] = above;
    depth[node] = depth[above] + 1;
    name[node] = nextName();
    last = node;
  }
  for (let node = count - 1; node >= 0; node--) {
    if (end[node] === 0) end[node] = node + 1;
    if (node > 0 && end[parent[node]] < end[node]) end[parent[node]] = end[node];
  }
  const tree = {
    count, parent, name, end, depth,
    names: readNames(columns.names),
    colors: columns.colors,
    lead: columns.lead && readNumbers(prefixed(columns.lead), count),
    delta: columns.delta && readDeltas(columns.delta, count),
    base: { self: readNumbers(columns.self, count) },
    exact: null,
  };
  if (columns.before) {
    tree.base.before = readNumbers(columns.before, count);
    tree.base.after = readNumbers(columns.after, count);
  }
  if (BigInt(settings.base) > BigInt(Number.MAX_SAFE_INTEGER)) {
    tree.exact = {};
    for (const metric of Object.keys(tree.base)) {
      const next = bigReader(columns[metric]);
      tree.exact[metric] = new BigInt64Array(count);
      for (let i = 0; i < count; i++) tree.exact[metric][i] = next();
    }
  }
  return tree;
}

/** The lead column has no entry for the root. */
function prefixed(bytes) {
  const out = new Uint8Array(bytes.length + 1);
  out.set(bytes, 1);
  return out;
}

/** Colours fixed by name and links, keyed by the number of the name. */
function readAttributes() {
  const element = svg.querySelector('metadata[data-column="attributes"]');
  return element ? JSON.parse(element.textContent) : {};
}
