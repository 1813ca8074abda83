// What is left of the tree after hiding and keeping: weights (self) and values (inclusive).

/**
 * Applies operations to the tree. An operation has ranges, pairs of first and end node, and says
 * whether only these are kept or whether these are hidden.
 */
function makeModel(tree, operations) {
  const model = { weight: {}, value: {}, exactValue: null };
  for (const [metric, base] of Object.entries(tree.base)) {
    model.weight[metric] = applyOperations(base, operations, Float64Array);
    model.value[metric] = sumUp(tree, model.weight[metric].slice());
  }
  if (tree.exact) {
    model.exactWeight = {};
    model.exactValue = {};
    for (const [metric, base] of Object.entries(tree.exact)) {
      model.exactWeight[metric] = applyOperations(base, operations, BigInt64Array);
      model.exactValue[metric] = sumUp(tree, model.exactWeight[metric].slice());
    }
  }
  return model;
}

function applyOperations(base, operations, Type) {
  if (operations.length === 0) return base;
  let weight = base.slice();
  for (const { keep, ranges } of operations) {
    const out = keep ? new Type(weight.length) : weight;
    for (let i = 0; i < ranges.length; i += 2) {
      if (keep) out.set(weight.subarray(ranges[i], ranges[i + 1]), ranges[i]);
      else out.fill(out instanceof Float64Array ? 0 : 0n, ranges[i], ranges[i + 1]);
    }
    weight = out;
  }
  return weight;
}

function sumUp(tree, sums) {
  const { parent } = tree;
  for (let node = tree.count - 1; node > 0; node--) sums[parent[node]] += sums[node];
  return sums;
}

/** The topmost frames with a name: those not called, directly or not, by another one. */
function topmost(tree, isMatch, from, to) {
  const found = [];
  const { name, end } = tree;
  for (let node = from; node < to;) {
    if (isMatch(name[node])) {
      found.push(node);
      node = end[node];
    } else {
      node++;
    }
  }
  return found;
}
