// The log as far as a proof shows it: its signed checkpoint, and that an entry is in it (RFC 6962, RFC 9162).

import { bytes, concat, fromBase64, hex, same, sha256, signedBy } from './encoding.js';

const HASH = 32;
const ED25519 = 1;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const SIGNATURE_LINE = /^\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)$/;

/** A key as it is published, `name+id+key`, or null if it is none. */
export async function readKey(text) {
  const [name, id, ...rest] = text.trim().split('+');
  const data = fromBase64(rest.join('+'));
  if (!name || data?.length !== HASH + 1 || data[0] !== ED25519) return null;
  const key = { name, id: await keyId(name, data), public: data.slice(1), text: text.trim() };
  return hex(key.id) === id ? key : null;
}

const keyId = async (name, data) => (await sha256(bytes(`${name}\n`), data)).slice(0, 4);

/** Origin, size and root, and the lines of signatures; null if the text is no signed checkpoint. */
export function readCheckpoint(note) {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return null;
  const text = note.slice(0, end + 1);
  const signatures = note.slice(end + 2, -1).split('\n').map((line) => SIGNATURE_LINE.exec(line));
  const lines = text.split('\n');
  const root = fromBase64(lines[2] ?? '');
  const size = Number(lines[1]);
  if (lines.length < 4 || lines.slice(0, -1).includes('') || signatures.includes(null)) return null;
  if (!/^(0|[1-9][0-9]*)$/.test(lines[1]) || !Number.isSafeInteger(size) || root?.length !== HASH) return null;
  const signed = signatures.map(([, name, blob]) => ({ name, data: fromBase64(blob) }));
  if (signed.some(({ data }) => data === null || data.length < 5)) return null;
  return { origin: lines[0], size, root, text, signatures: signed };
}

/** `signed`, `unsigned` (no line of this key), or `forged` (a line that does not hold). */
export async function signatureOf(checkpoint, key) {
  const own = checkpoint.signatures.filter(({ name, data }) => name === key.name && same(data.slice(0, 4), key.id));
  if (own.length === 0) return 'unsigned';
  for (const { data } of own) {
    if (!(await signedBy(key.public, bytes(checkpoint.text), data.slice(4)))) return 'forged';
  }
  return 'signed';
}

export const leafHash = (entry) => sha256(LEAF, entry);

/** Whether the entry of this leaf is the log's, by the hashes from its sibling up. */
export async function included(leaf, index, path, { size, root }) {
  if (index >= size) return false;
  let [at, last, hash] = [index, size - 1, leaf];
  for (const beside of path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = await sha256(NODE, concat(beside, hash));
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = await sha256(NODE, concat(hash, beside));
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && same(hash, root);
}

const half = (number) => Math.floor(number / 2); // not >>, which knows 32 bits
