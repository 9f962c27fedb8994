// Bytes, hashes and texts of the log, as docs/log-format.md has them. No page and no network.

const utf8 = new TextEncoder();

export const bytes = (text) => utf8.encode(text);

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest('SHA-256', concat(...parts)));

export const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('');

export const same = (one, other) => hex(one) === hex(other);

/** The bytes, or null for anything but the one canonical spelling. */
export function fromBase64(text) {
  try {
    const binary = atob(text);
    return btoa(binary) === text ? Uint8Array.from(binary, (letter) => letter.charCodeAt(0)) : null;
  } catch {
    return null;
  }
}

/** Canonical JSON: keys in order, no spaces, whole numbers. Throws `RangeError` for what has no such form. */
export function canonical(value) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (Number.isSafeInteger(value)) return String(value);
  if (typeof value === 'string' && value.isWellFormed()) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object') {
    const members = Object.keys(value).sort();
    return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
  }
  throw new RangeError('no canonical form');
}

/** Whether the signature is this Ed25519 key's over the message. Throws `Unsupported` if the browser cannot say. */
export async function signedBy(publicKey, message, signature) {
  let key;
  try {
    key = await crypto.subtle.importKey('raw', publicKey, { name: 'Ed25519' }, false, ['verify']);
  } catch (error) {
    if (error.name === 'NotSupportedError') throw new Unsupported();
    return false; // no key at all
  }
  return crypto.subtle.verify({ name: 'Ed25519' }, key, signature, message);
}

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The same for a P-256 key: an uncompressed point, and r and s, of which only the lower of two possible s is taken. */
export async function signedByP256(publicKey, message, signature) {
  if (publicKey.length !== 65 || publicKey[0] !== 4 || signature.length !== 64) return false;
  const s = signature.subarray(32).reduce((number, byte) => number * 256n + BigInt(byte), 0n);
  if (s > P256_ORDER / 2n) return false;
  let key;
  try {
    key = await crypto.subtle.importKey('raw', publicKey, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
  } catch {
    return false; // no point of the curve
  }
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, message);
}

/** This browser has no Ed25519, or the page was not opened by https. */
export class Unsupported extends Error {}

/** Throws `Unsupported`. To be asked before anything is checked. */
export async function requireCrypto() {
  if (!globalThis.crypto?.subtle) throw new Unsupported();
  try {
    await crypto.subtle.importKey('raw', new Uint8Array(32), { name: 'Ed25519' }, false, ['verify']);
  } catch (error) {
    if (error.name === 'NotSupportedError') throw new Unsupported();
  }
}
