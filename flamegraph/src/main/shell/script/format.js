// Counts, shares and titles, written as the picture without script writes them.

const factor = (() => {
  const [whole, fraction = ''] = settings.factor.split('.');
  return { digits: BigInt(whole + fraction), decimals: fraction.length };
})();
const divisor = 10n ** BigInt(Number(settings.scale) + factor.decimals);
const shownBase = Number(settings.base) * Number(settings.factor) / 10 ** Number(settings.scale);
const bytesEach = { bytes: 1, byte: 1, B: 1, pages: 4096, page: 4096 }[settings.countname] || 0;

/** A count as a whole number: times the factor, rounded half to even. */
function printedCount(value) {
  const exact = typeof value === 'bigint' ? value : BigInt(Math.round(value));
  const units = exact * factor.digits;
  if (divisor === 1n) return String(units);
  const positive = units < 0n ? -units : units;
  let whole = positive / divisor;
  const rest = 2n * (positive % divisor);
  if (rest > divisor || (rest === divisor && whole % 2n === 1n)) whole += 1n;
  return (units < 0n && whole > 0n ? '-' : '') + whole;
}

function grouped(digits) {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Two decimals, exact ties to the even digit, as C's printf does. */
function twoDecimals(x) {
  const tie = Number.isInteger(8 * x) && !Number.isInteger(4 * x);
  return tie && Math.floor(100 * x) % 2 === 0 ? (Math.floor(100 * x) / 100).toFixed(2) : x.toFixed(2);
}

function percentOf(part, whole) {
  return whole > 0 ? twoDecimals(100 * part / whole) : '0.00';
}

/** Bytes or pages in the unit people read; nothing for other counts and below 1 KiB. */
function humanUnits(printed) {
  if (!bytesEach || settings.units === 'none') return '';
  let value = Math.abs(Number(printed) * bytesEach);
  if (value < 1024) return '';
  let unit = 0;
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  while (unit < names.length - 1 && value >= 1024) {
    value /= 1024;
    unit++;
  }
  const decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${printed.startsWith('-') ? '-' : ''}${value.toFixed(decimals)} ${names[unit]}`;
}

/** What goes behind an exact figure to be read at a glance, in titles only if asked for. */
function equalling(printed, inTitle) {
  const human = !inTitle || settings.units === 'auto' ? humanUnits(printed) : '';
  return human && ` = ${human}`;
}

function amount(printed, inTitle) {
  return `${grouped(printed)} ${settings.countname}${equalling(printed, inTitle)}`;
}

function signed(text) {
  return text.startsWith('-') ? text : `+${text}`;
}

function comparison(before, after, inTitle) {
  const b = printedCount(before);
  const a = printedCount(after);
  const difference = printedCount(after - before);
  let change = 'unchanged';
  if (before > 0) {
    const percent = twoDecimals(100 * Number(after - before) / Number(before));
    change = after > 0 ? `${signed(percent === '-0.00' ? '0.00' : percent)}% of before` : 'removed';
  } else if (after > 0) {
    change = 'new';
  }
  return `(before ${grouped(b)}${equalling(b, inTitle)}, after ${amount(a, inTitle)}; `
    + `${signed(grouped(difference))}${equalling(difference, inTitle)}, ${change})`;
}

/** The title of a frame: name, count, share, and difference where there is one. */
function titleOf(view, item, names, inTitle = true) {
  const exact = view.exact;
  if (item.run) {
    const frames = `${grouped(String(item.keys.length))} narrower ${item.keys.length === 1 ? 'frame' : 'frames'}`;
    if (settings.comparison === 'inclusive') {
      return `${frames} (${percentOf(item.value, Number(settings.base))}% of the width)`;
    }
    const printed = printedCount(exact ? item.keys
      .reduce((sum, key) => sum + view.measure(view.make(item, key, 0), 'self', true), 0n) : item.value);
    return `${frames} (${amount(printed, inTitle)}, ${percentOf(Number(printed), shownBase)}%)`;
  }
  const name = names.text(item.name);
  if (settings.comparison === 'inclusive') {
    const before = view.measure(item, 'before', exact);
    const after = view.measure(item, 'after', exact);
    return `${name} ${comparison(before, after, inTitle)}`;
  }
  const whole = !item.parent && item.name < 0;
  const printed = whole && view.full ? printedCount(BigInt(settings.base))
    : printedCount(view.measure(item, 'self', exact));
  if (whole && view.full) return `${name} (${amount(printed, inTitle)}, 100%)`;
  let text = `${name} (${amount(printed, inTitle)}, ${percentOf(Number(printed), shownBase)}%`;
  const delta = view.delta(item);
  if (!whole && !Number.isNaN(delta)) {
    const shown = settings.negate === 'true' && delta !== 0 ? -delta : delta;
    const percent = twoDecimals(100 * shown / 10 ** Number(settings.scale) / shownBase);
    text += `; ${shown > 0 ? '+' : ''}${percent}%`;
  }
  return `${text})`;
}

/** What of a frame is in none of the frames drawn on it: where stacks end, or, reversed, begin. */
function ownPart(view, item) {
  const own = (metric) => view.measureSelf(item, metric, view.exact);
  if (settings.comparison === 'inclusive') return comparison(own('before'), own('after'), false);
  const printed = printedCount(own('self'));
  return `${amount(printed, false)}, ${percentOf(Number(printed), shownBase)}%`;
}

/** What the details line adds to a title. */
function detailsOf(view, item, zoomed, names) {
  const parts = [`${settings.nametype} ${titleOf(view, item, names, false)}`];
  if (!item.run) parts.push(`${view.reversed ? 'begins here' : 'self'} ${ownPart(view, item)}`);
  if (zoomed.parent && item.depth >= zoomed.depth) parts.push(`${percentOf(item.value, zoomed.value)}% of zoomed`);
  return parts;
}
