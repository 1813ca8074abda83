// The columns of the store as typed arrays; node 0 is the root, frames follow in drawing order.

const svg = (document.currentScript && document.currentScript.ownerSVGElement)
  || document.querySelector('svg[data-frames]');
const settings = svg.dataset;
const SVG_NS = 'http://www.w3.org/2000/svg';
const HTML_NS = 'http://www.w3.org/1999/xhtml';
const MARK = /_\[[kwij]\]$/;

function decoded(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

async function readColumn(name) {
  const parts = [];
  for (const element of svg.querySelectorAll(`metadata[data-column="${name}"]`)) {
    parts.push(decoded(element.textContent.trim()));
  }
  if (parts.length === 0) return null;
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Fills an array with numbers of seven bits a byte, lowest first. */
function readNumbers(bytes, out, from = 0) {
  let at = 0;
  for (let i = from; i < out.length; i++) {
    let b = bytes[at++];
    if (b < 128) {
      out[i] = b;
      continue;
    }
    let value = b & 127;
    let unit = 128;
    do {
      b = bytes[at++];
      value += (b & 127) * unit;
      unit *= 128;
    } while (b > 127);
    out[i] = value;
  }
  return out;
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

/** Differences: NaN where a frame is not compared. */
function readDeltas(bytes, count) {
  return readNumbers(bytes, new Float64Array(count)).map((code) => (
    code === 0 ? NaN : (code - 1) % 2 === 0 ? (code - 1) / 2 : -code / 2));
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
    /** Whether two names, marks included, are shown alike: their bytes may differ all the same. */
    alike(a, b) {
      if (a === b || a < 0 || b < 0) return a === b;
      const length = starts[a + 1] - starts[a];
      if (starts[b + 1] - starts[b] !== length) return false;
      for (let i = 0; i < length; i++) if (bytes[starts[a] + i] !== bytes[starts[b] + i]) return false;
      return true;
    },
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

  // At first how many levels a frame is above being a child of the frame before it.
  const parent = readNumbers(columns.depth, new Int32Array(count), 1);
  const name = readNumbers(columns.name, new Int32Array(count), 1);
  const end = new Int32Array(count);
  name[0] = -1;
  parent[0] = -1;
  for (let node = 1; node < count; node++) {
    let above = node - 1;
    for (let rise = parent[node]; rise > 0; rise--) {
      end[above] = node;
      above = parent[above];
    }
    parent[node] = above;
  }
  for (let open = count - 1; open >= 0; open = parent[open]) end[open] = count;
  const column = (bytes) => readNumbers(bytes, new Float64Array(count));
  const tree = {
    count, parent, name, end,
    names: readNames(columns.names),
    colors: columns.colors,
    lead: columns.lead && readNumbers(columns.lead, new Float64Array(count), 1),
    delta: columns.delta && readDeltas(columns.delta, count),
    base: { self: column(columns.self) },
    exact: null,
  };
  if (columns.before) {
    tree.base.before = column(columns.before);
    tree.base.after = column(columns.after);
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

/** Colours fixed by name and links, keyed by the number of the name. */
function readAttributes() {
  const element = svg.querySelector('metadata[data-column="attributes"]');
  return element ? JSON.parse(element.textContent) : {};
}
