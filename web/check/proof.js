// Does a proof show what it claims? Each step by name, and where it fails, why. No page and no network; the same rules as
// `realcount verify proof` (shared/realcount/verify/proof.py), which a test holds it to.

import { bytes, canonical, fromBase64, hex, sha256, signedBy, signedByP256 } from './encoding.js';
import { included, leafHash, readCheckpoint, signatureOf } from './log.js';
import { comparePage } from './page_numbers.js';
import { count, Misshapen, readProof, ROLES } from './shape.js';
import { climb, sumsOf } from './sums.js';

export const STEPS = ['file', 'checkpoint', 'entries', 'submitter', 'approver', 'sums', 'station', 'page'];

const TYPES = {
  opening: 'realcount/opening/v1',
  contest: 'realcount/contest/v1',
  submitter: 'realcount/sealed-key/v1',
  approver: 'realcount/sealed-key/v1',
  form: 'realcount/sealed-form/v1',
  snapshot: 'realcount/snapshot/v1',
};

class Broken extends Error {
  constructor(code, values = {}) {
    super(code);
    this.values = values;
  }
}

/**
 * Check a proof. `keys` are the log's as `readKey` gives them; `asked` is {election, contest, station} or null; `page` is the
 * station's page, or null if nobody can be asked for it.
 *
 * Returns {steps: [{step, state, code, values}], shown}. `state` is `holds`, `broken`, `noted` (it holds, and `code` says
 * what else there is to know) or `open` (not looked at, and `code` says why; null: something before it is broken). `shown` is
 * null if anything is broken.
 * Throws `Unsupported`.
 */
export async function checkProof(text, { keys, asked = null, page = null }) {
  const found = {};
  const steps = [];
  for (const step of STEPS) {
    const broken = steps.some(({ state }) => state === 'broken');
    steps.push(broken ? { step, state: 'open', code: null, values: {} } : await done(step, found, { text, keys, asked, page }));
  }
  return { steps, shown: steps.some(({ state }) => state === 'broken') ? null : found };
}

async function done(step, found, given) {
  try {
    const note = await CHECKS[step](found, given);
    return { step, state: 'holds', code: null, values: {}, ...note };
  } catch (error) {
    if (error instanceof Broken) return { step, state: 'broken', code: error.message, values: error.values };
    if (error instanceof Misshapen) return { step, state: 'broken', code: 'no-proof', values: { where: error.message } };
    // Whatever JSON somebody put into the file: a member that is absent, or no list, where the log always has one.
    if (error instanceof TypeError) return { step, state: 'broken', code: 'no-proof', values: { where: step } };
    if (error instanceof RangeError) return { step, state: 'broken', code: 'no-number', values: {} };
    throw error;
  }
}

const CHECKS = {
  file(found, { text }) {
    Object.assign(found, readProof(text));
    for (const role of ROLES) {
      need(found.entries[role].entry.type === TYPES[role], 'wrong-entry', { role });
    }
    found.form = object(found.entries.form.entry.form, 'form');
    found.review = object(found.entries.form.entry.review, 'review');
    const { form } = found;
    need(allCounts(form.votes) && allCounts(form.figures) && count(form.version), 'no-proof', { where: 'form' });
    need(list(found.entries.contest.entry.options) && list(found.entries.contest.entry.roots), 'no-proof', { where: 'contest' });
  },

  async checkpoint(found, { keys }) {
    const checkpoint = readCheckpoint(found.checkpoint);
    need(checkpoint, 'no-checkpoint');
    const key = keys.find(({ name }) => name === checkpoint.origin);
    need(key, 'other-log', { origin: checkpoint.origin });
    const signature = await signatureOf(checkpoint, key);
    need(signature !== 'unsigned', 'other-key', { key: key.name });
    need(signature === 'signed', 'forged-checkpoint', { key: key.name });
    Object.assign(found, { log: checkpoint, key });
  },

  async entries(found) {
    for (const role of ROLES) {
      const { index, entry, path } = found.entries[role];
      const leaf = await leafHash(bytes(canonical(entry)));
      need(await included(leaf, index, path, found.log), 'not-in-log', { role, index });
      if (role === 'form') found.leaf = leaf;
    }
    const index = Object.fromEntries(ROLES.map((role) => [role, found.entries[role].index]));
    need(index.opening === 0, 'wrong-order', { role: 'opening' });
    for (const role of ['contest', 'submitter', 'approver']) need(index[role] < index.form, 'wrong-order', { role });
    const { size } = found.entries.snapshot.entry;
    need(count(size) && index.form < size && size <= index.snapshot, 'wrong-order', { role: 'snapshot' });
    const { election, contest } = found.form;
    const frame = found.entries.contest.entry;
    need(found.entries.opening.entry.election === election, 'wrong-entry', { role: 'opening' });
    need(frame.election === election && frame.contest === contest, 'wrong-entry', { role: 'contest' });
    found.options = frame.options;
  },

  submitter: (found) => official(found, 'submitter', found.form, 'form', 'received_at'),

  async approver(found) {
    const { form, review } = found;
    const formHash = hex(await sha256(bytes(canonical(form))));
    const claims = { decision: 'approve', form: formHash };
    for (const name of ['election', 'contest', 'station', 'version']) claims[name] = form[name];
    for (const [name, needed] of Object.entries(claims)) need(review[name] === needed, 'not-approved', { name });
    found.formHash = formHash;
    const one = found.entries.submitter.entry.key.holder;
    need(found.entries.approver.entry.key?.holder !== one, 'same-person', { holder: one });
    return official(found, 'approver', review, 'review', 'decided_at');
  },

  async sums(found) {
    const { form, options, way } = found;
    const { entry } = found.entries.snapshot;
    const stranger = Object.keys(form.votes).find((option) => !options.includes(option));
    need(stranger === undefined, 'unknown-option', { option: stranger });
    need(entry.election === form.election && entry.contest === form.contest, 'other-root', { unit: entry.unit });
    need(found.entries.contest.entry.roots.includes(entry.unit), 'other-root', { unit: entry.unit });
    const fits = way.every(({ steps }) => steps.every(({ sums }) => sums.votes.length === options.length));
    need(fits, 'other-options');
    found.sums = sumsOf(form, options);
    found.regions = await climb(form.station, found.sums, found.leaf, way, form);
    const top = found.regions.at(-1);
    need(hex(top.hash) === entry.root && top.unit === entry.unit, 'not-in-total', { unit: entry.unit });
    need(canonical(top.sums) === canonical(entry.sums), 'other-total', { unit: entry.unit });
    const places = new Set([form.station, ...found.regions.map(({ unit }) => unit)]);
    for (const role of ['submitter', 'approver']) {
      const { id, regions } = found.entries[role].entry.key;
      if (!regions.some((region) => places.has(region))) return { state: 'noted', code: 'unreached', values: { key: id } };
    }
    return null;
  },

  station(found, { asked }) {
    if (asked === null) return { state: 'open', code: 'nobody-asked', values: { station: found.form.station } };
    for (const name of ['station', 'contest', 'election']) {
      need(found.form[name] === asked[name], 'other-station', { found: found.form[name], asked: asked[name] });
    }
    return null;
  },

  page(found, { page }) {
    if (page === null) return { state: 'open', code: 'no-page', values: {} };
    const { differs, note } = comparePage(page, found);
    need(differs === null, 'page-differs', differs);
    return note;
  },
};

/** How an official's signature is checked, by what the key's record says. */
const OFFICIALS = new Map([['ed25519', signedBy], ['p256', signedByP256]]);

async function official(found, role, statement, name, when) {
  const { entry } = found.entries.form;
  const { event, key } = found.entries[role].entry;
  const values = { key: statement.key };
  need(event === 'registered' && key?.id === statement.key && key.election === found.form.election, 'no-such-key', values);
  need(key.role === role && list(key.contests) && list(key.regions), 'wrong-role', values);
  need(key.contests.includes('*') || key.contests.includes(found.form.contest), 'wrong-role', values);
  need(key.valid_from <= entry[when] && entry[when] < key.valid_until, 'not-valid-then', { ...values, at: entry[when] });
  const by = OFFICIALS.get(key.algorithm);
  need(by, 'unknown-algorithm', { ...values, algorithm: key.algorithm });
  const [publicKey, signature] = [fromBase64(key.public_key), fromBase64(entry[`${name}_signature`])];
  const holds = publicKey && signature && (await by(publicKey, bytes(canonical(statement)), signature));
  need(holds, 'not-signed', values);
}

const list = (value) => Array.isArray(value);

const allCounts = (value) => object(value, 'form') && Object.values(value).every(count);

function object(value, where) {
  need(typeof value === 'object' && value !== null && !Array.isArray(value), 'no-proof', { where });
  return value;
}

function need(holds, code, values) {
  if (!holds) throw new Broken(code, values);
}
