// The file of a proof, taken apart. Says nothing yet about whether it proves anything (verify/proof.py has its members).

import { fromBase64 } from './encoding.js';
import { sumsInRow } from './sums.js';

/** Bytes, as unpacked: as much as `realcount verify proof` reads. */
export const MOST = 1024 * 1024;
export const ROLES = ['opening', 'contest', 'submitter', 'approver', 'form', 'snapshot'];

const TYPE = 'realcount/station-proof/v1';

/** The proof in this text. Throws `Misshapen`, which names the place. */
export function readProof(text) {
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    throw new Misshapen('JSON');
  }
  need(isObject(file) && file.type === TYPE, 'type');
  exactly(file, ['type', 'checkpoint', 'hashes', 'entries', 'way'], 'file');
  need(typeof file.checkpoint === 'string', 'checkpoint');
  const hashes = list(file.hashes, 'hashes').map((hash) => hashIn(hash, 'hashes'));
  exactly(file.entries, ROLES, 'entries');
  const entries = Object.fromEntries(ROLES.map((role) => [role, entryIn(file.entries[role], role, hashes)]));
  const way = list(file.way, 'way').map(levelIn);
  need(way.length > 0, 'way');
  return { checkpoint: file.checkpoint, entries, way };
}

/** This is no proof: `message` is the place where it is not. */
export class Misshapen extends Error {}

function entryIn(value, role, hashes) {
  exactly(value, ['index', 'entry', 'path'], role);
  need(count(value.index) && isObject(value.entry), role);
  const path = list(value.path, role).map((number) => hashes[number]);
  need(path.every((hash) => hash !== undefined), role);
  return { index: value.index, entry: value.entry, path };
}

function levelIn(value) {
  exactly(value, ['unit', 'children', 'steps'], 'way');
  need(typeof value.unit === 'string' && count(value.children), 'way');
  const steps = list(value.steps, 'way').map(([side, hash, ...numbers]) => {
    need((side === 'left' || side === 'right') && numbers.length > 4 && numbers.every(count), 'way');
    return { side, hash: hashIn(hash, 'way'), sums: sumsInRow(numbers) };
  });
  return { unit: value.unit, children: value.children, steps };
}

function hashIn(text, where) {
  const hash = typeof text === 'string' ? fromBase64(text) : null;
  need(hash?.length === 32, where);
  return hash;
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

export const count = (value) => Number.isSafeInteger(value) && value >= 0;

function list(value, where) {
  need(Array.isArray(value) && value.length <= 10_000, where);
  return value;
}

function exactly(value, names, where) {
  need(isObject(value) && Object.keys(value).sort().join() === [...names].sort().join(), where);
}

function need(holds, where) {
  if (!holds) throw new Misshapen(where);
}
