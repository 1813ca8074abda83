// Regular expressions that cannot hang: all states of the pattern advance together over the text,
// so the time is at most the product of the two lengths. Look-around and back references are not
// regular and are refused.

const MAX_STATES = 4000;

class PatternError extends Error {}

/**
 * A function that begins to look for a match in a text. What it returns looks on for so many steps
 * and says whether there is a match, or nothing if it is not done.
 */
function compilePattern(source, ignoreCase) {
  if (!/[\\^$.*+?()[\]{}|]/.test(source)) return compileText(source, ignoreCase);
  const states = [];
  const start = new PatternParser(source, states).parse();
  return (text) => beginPattern(states, start, text, ignoreCase);
}

/** Looks for a text as it is. */
function compileText(source, ignoreCase) {
  const folded = ignoreCase ? source.toLowerCase() : source;
  return (text) => () => (ignoreCase ? text.toLowerCase() : text).includes(folded);
}

class PatternParser {
  constructor(source, states) {
    this.source = source;
    this.at = 0;
    this.states = states;
  }

  parse() {
    const node = this.alternatives();
    if (this.at < this.source.length) throw new PatternError('unmatched )');
    return this.build(node, this.state({ type: 'match' }));
  }

  state(state) {
    if (this.states.length >= MAX_STATES) throw new PatternError('pattern too large');
    return this.states.push(state) - 1;
  }

  /** Adds the states of a syntax node which goes on to a state; returns its first. */
  build(node, next) {
    switch (node.type) {
      case 'sequence':
        return node.parts.reduceRight((to, part) => this.build(part, to), next);
      case 'or': {
        const to = node.parts.map((part) => this.build(part, next));
        return this.state({ type: 'split', to });
      }
      case 'repeat': {
        let to = next;
        if (node.most === Infinity) {
          const loop = this.state({ type: 'split', to: [next] });
          this.states[loop].to.push(this.build(node.part, loop));
          to = loop;
        } else {
          for (let i = node.least; i < node.most; i++) {
            to = this.state({ type: 'split', to: [this.build(node.part, to), next] });
          }
        }
        for (let i = 0; i < node.least; i++) to = this.build(node.part, to);
        return to;
      }
      case 'assert':
        return this.state({ type: 'assert', kind: node.kind, to: next });
      default:
        return this.state({ type: 'set', ranges: node.ranges, negated: node.negated, to: next });
    }
  }

  alternatives() {
    const parts = [this.sequence()];
    while (this.source[this.at] === '|') {
      this.at++;
      parts.push(this.sequence());
    }
    return parts.length === 1 ? parts[0] : { type: 'or', parts };
  }

  sequence() {
    const parts = [];
    while (this.at < this.source.length && !'|)'.includes(this.source[this.at])) {
      parts.push(this.quantified());
    }
    return { type: 'sequence', parts };
  }

  quantified() {
    const part = this.atom();
    const rest = this.source.slice(this.at);
    const braces = /^\{(\d+)(,?)(\d*)\}/.exec(rest);
    let least;
    let most;
    if (braces) {
      least = Number(braces[1]);
      most = !braces[2] ? least : braces[3] ? Number(braces[3]) : Infinity;
      this.at += braces[0].length;
    } else if ('*+?'.includes(rest[0] || 'x')) {
      least = rest[0] === '+' ? 1 : 0;
      most = rest[0] === '?' ? 1 : Infinity;
      this.at++;
    } else {
      return part;
    }
    if (part.type === 'assert' || most < least) throw new PatternError('nothing to repeat');
    if (least > MAX_STATES || (most !== Infinity && most > MAX_STATES)) {
      throw new PatternError('pattern too large');
    }
    if (this.source[this.at] === '?') this.at++;
    if ('*+?'.includes(this.source[this.at] || 'x')) throw new PatternError('nothing to repeat');
    return { type: 'repeat', part, least, most };
  }

  atom() {
    const c = this.source[this.at++];
    switch (c) {
      case '(': return this.group();
      case '[': return this.set();
      case '.': return { type: 'set', ranges: [[10, 10], [13, 13]], negated: true };
      case '^': return { type: 'assert', kind: 'start' };
      case '$': return { type: 'assert', kind: 'end' };
      case '\\': return this.escape(false);
      case '*': case '+': case '?': throw new PatternError('nothing to repeat');
      default: return literal(c.charCodeAt(0));
    }
  }

  group() {
    if (this.source[this.at] === '?') {
      const head = /^\?(:|<[A-Za-z_$][\w$]*>)/.exec(this.source.slice(this.at));
      if (!head) throw new PatternError('look-around is not supported');
      this.at += head[0].length;
    }
    const inner = this.alternatives();
    if (this.source[this.at++] !== ')') throw new PatternError('unmatched (');
    return inner;
  }

  set() {
    const negated = this.source[this.at] === '^';
    if (negated) this.at++;
    const ranges = [];
    for (;;) {
      if (this.at >= this.source.length) throw new PatternError('unmatched [');
      if (this.source[this.at] === ']') break;
      const low = this.setMember();
      const dash = this.source[this.at] === '-' && this.source[this.at + 1] !== ']';
      if (low.single === undefined || !dash) {
        ranges.push(...low.ranges);
        continue;
      }
      this.at++;
      const high = this.setMember();
      if (high.single === undefined || high.single < low.single) throw new PatternError('bad range');
      ranges.push([low.single, high.single]);
    }
    this.at++;
    return { type: 'set', ranges, negated };
  }

  setMember() {
    const c = this.source[this.at++];
    if (c === undefined) throw new PatternError('unmatched [');
    const node = c === '\\' ? this.escape(true) : literal(c.charCodeAt(0));
    if (node.negated) return { ranges: complement(node.ranges) };
    const [[low, high]] = node.ranges;
    return { ranges: node.ranges, single: node.ranges.length === 1 && low === high ? low : undefined };
  }

  escape(inSet) {
    const c = this.source[this.at++];
    const classes = {
      d: [[48, 57]],
      w: [[48, 57], [65, 90], [95, 95], [97, 122]],
      s: [[9, 13], [32, 32], [160, 160], [0x1680, 0x1680], [0x2000, 0x200a], [0x2028, 0x2029],
        [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff]],
    };
    if (c === undefined) throw new PatternError('\\ at the end');
    if (c in classes) return { type: 'set', ranges: classes[c], negated: false };
    if (c.toLowerCase() in classes) {
      return { type: 'set', ranges: classes[c.toLowerCase()], negated: true };
    }
    if (c === 'b' && inSet) return literal(8);
    if (c === 'b' || c === 'B') return { type: 'assert', kind: c };
    const control = 'tnvfr'.indexOf(c);
    if (control >= 0) return literal([9, 10, 11, 12, 13][control]);
    if (c === '0') return literal(0);
    if (c >= '1' && c <= '9' || c === 'k') throw new PatternError('back references are not supported');
    if (c === 'p' || c === 'P') throw new PatternError(`\\${c}, classes of Unicode, are not supported`);
    const hex = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/.exec(this.source.slice(this.at - 1));
    if (hex) {
      this.at += hex[0].length - 1;
      return literal(parseInt(hex[1] || hex[2], 16));
    }
    return literal(c.charCodeAt(0));
  }
}

function literal(unit) {
  return { type: 'set', ranges: [[unit, unit]], negated: false };
}

function complement(ranges) {
  const out = [];
  let from = 0;
  for (const [low, high] of ranges) {
    if (low > from) out.push([from, low - 1]);
    from = high + 1;
  }
  out.push([from, 0xffff]);
  return out;
}

function inRanges(ranges, unit) {
  for (const [low, high] of ranges) if (unit >= low && unit <= high) return true;
  return false;
}

function setHas(state, unit, ignoreCase) {
  let has = inRanges(state.ranges, unit);
  if (!has && ignoreCase) {
    const c = String.fromCharCode(unit);
    has = inRanges(state.ranges, c.toLowerCase().charCodeAt(0))
      || inRanges(state.ranges, c.toUpperCase().charCodeAt(0));
  }
  return has !== state.negated;
}

function isWord(text, at) {
  const c = text.charCodeAt(at);
  return c >= 48 && c <= 57 || c >= 65 && c <= 90 || c === 95 || c >= 97 && c <= 122;
}

function holds(kind, text, at) {
  if (kind === 'start') return at === 0;
  if (kind === 'end') return at === text.length;
  return (isWord(text, at - 1) !== isWord(text, at)) === (kind === 'b');
}

function beginPattern(states, start, text, ignoreCase) {
  const seen = new Int32Array(states.length).fill(-1);
  let active = [];
  let found = false;
  const pending = [];
  let left = 0;
  const enter = (first, at, into) => {
    pending.push(first);
    while (pending.length) {
      const id = pending.pop();
      left--;
      if (seen[id] === at) continue;
      seen[id] = at;
      const state = states[id];
      if (state.type === 'match') found = true;
      else if (state.type === 'split') pending.push(...state.to);
      else if (state.type === 'assert') { if (holds(state.kind, text, at)) pending.push(state.to); }
      else into.push(state);
    }
  };
  let at = 0;
  return (steps) => {
    for (left = steps; left > 0; at++) {
      enter(start, at, active);
      if (found) return true;
      if (at === text.length) return false;
      const unit = text.charCodeAt(at);
      const next = [];
      for (const state of active) if (setHas(state, unit, ignoreCase)) enter(state.to, at + 1, next);
      left -= active.length;
      active = next;
    }
    return undefined;
  };
}
