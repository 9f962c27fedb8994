// A station's way up the tree of sums: what stands beside it in every region, and what all of it comes to.

import { bytes, canonical, hex, sha256 } from './encoding.js';

const NODE = Uint8Array.of(2);
const LINE = Uint8Array.of(3);
const PAIR = Uint8Array.of(4);

const FIGURES = ['stations', 'valid', 'invalid', 'voters'];

/** What an approved form adds. A withdrawal adds nothing, a figure that is missing on the paper adds nothing. */
export function sumsOf(form, options) {
  const withdrawn = form.kind === 'withdrawal';
  return {
    stations: withdrawn ? 0 : 1,
    valid: withdrawn ? 0 : (form.figures.valid ?? 0),
    invalid: withdrawn ? 0 : (form.figures.invalid ?? 0),
    voters: withdrawn ? 0 : (form.figures['voters.total'] ?? 0),
    votes: options.map((option) => (withdrawn || !Object.hasOwn(form.votes, option) ? 0 : form.votes[option])),
  };
}

export const sumsInRow = ([stations, valid, invalid, voters, ...votes]) => ({ stations, valid, invalid, voters, votes });

/** Throws `RangeError` where they come to more than a number of the log can be. */
function plus(one, other) {
  const sums = Object.fromEntries(FIGURES.map((name) => [name, one[name] + other[name]]));
  sums.votes = one.votes.map((votes, i) => votes + other.votes[i]);
  canonical(sums);
  return sums;
}

/** The regions from the lowest up to the root, each with its sums and the hash its parent must list. */
export async function climb(station, sums, leaf, way, { election, contest }) {
  const regions = [];
  let line = { unit: station, sums, hash: leaf };
  for (const { unit, children, steps } of way) {
    let part = { sums: line.sums, hash: await hashOf(LINE, { unit: line.unit, sums: line.sums, hash: hex(line.hash) }) };
    for (const { side, ...beside } of steps) {
      const [left, right] = side === 'left' ? [beside, part] : [part, beside];
      part = { sums: plus(left.sums, right.sums), hash: await hashOf(PAIR, { left: written(left), right: written(right) }) };
    }
    const node = { type: 'realcount/sum/v1', election, contest, unit, children, sums: part.sums, tree: hex(part.hash) };
    line = { unit, sums: part.sums, hash: await hashOf(NODE, node) };
    regions.push(line);
  }
  return regions;
}

const written = (part) => ({ sums: part.sums, hash: hex(part.hash) });

const hashOf = (kind, value) => sha256(kind, bytes(canonical(value)));
