// The page: what is asked, what is fetched for it, and the answer. `#election/contest/station` asks at once.

import { answerTo, element } from './answer.js';
import { contests, elections, namesFor, ownKeys, pathOf, proofOf, stationPage, Unanswered } from './api.js';
import { requireCrypto, Unsupported } from './encoding.js';
import { readKey } from './log.js';
import { checkProof } from './proof.js';
import { MOST } from './shape.js';
import { LANGUAGES, say, WORDS } from './words.js';

const NO_NAMES = { options: new Map(), units: new Map() };

const at = (id) => document.getElementById(id);
const answer = at('answer');

const state = {
  language: LANGUAGES.find((one) => one === remembered()) ?? LANGUAGES[0],
  keys: [],
  render: () => [], // what the answer says, in the language that is spoken when it is called
  turn: 0, // answers of an earlier question are dropped
};

function remembered(language) {
  try {
    if (language !== undefined) localStorage.setItem('language', language);
    return localStorage.getItem('language');
  } catch {
    return null; // a browser that keeps nothing
  }
}

function speak() {
  const words = WORDS[state.language];
  document.documentElement.lang = state.language;
  document.title = words.title;
  for (const one of document.querySelectorAll('[data-say]')) one.textContent = words[one.dataset.say];
  at('language').lang = LANGUAGES.find((one) => one !== state.language);
  const [before, after] = words.trust.split('{command}');
  at('trust').replaceChildren(before, element('code', { textContent: 'realcount verify' }), after);
  at('key').textContent = state.keys.map(({ text }) => text).join(' ') || words.no_key;
  show(state.render);
}

function show(render) {
  state.render = render;
  const { verdict = '', elements = [] } = render(state.language);
  answer.dataset.verdict = verdict;
  answer.replaceChildren(...elements);
  answer.hidden = elements.length === 0;
}

const sentence = (name, values = {}, verdict = '') => (language) => ({
  verdict,
  elements: [element('p', { textContent: say(language, WORDS[language][name], values) })],
});

const notYet = (detail) => (language) => ({
  verdict: 'open',
  elements: [
    element('h2', { textContent: WORDS[language].not_yet }),
    element('p', { lang: 'en', textContent: detail }),
  ],
});

/** Runs what gives a `render`, unless another question came meanwhile. */
async function ask(work) {
  const turn = ++state.turn;
  show(sentence('working'));
  const buttons = document.querySelectorAll('#ask button');
  for (const button of buttons) button.disabled = true;
  let render;
  try {
    await requireCrypto();
    render = await work();
  } catch (error) {
    if (error instanceof Unsupported) render = sentence('unsupported', {}, 'broken');
    else if (error instanceof Unanswered) render = sentence('unreachable', { status: error.status });
    else throw error;
  } finally {
    for (const button of buttons) button.disabled = false;
  }
  if (turn !== state.turn) return;
  show(render);
  answer.focus({ preventScroll: true });
  answer.scrollIntoView({ block: 'nearest' });
}

async function keysToGoBy() {
  const given = at('own-key').value.trim();
  if (given === '') return state.keys;
  const key = await readKey(given);
  return key && [key];
}

async function checkStation(asked) {
  const keys = await keysToGoBy();
  if (keys === null) return sentence('bad_key');
  let page;
  try {
    page = await stationPage(asked);
  } catch (error) {
    if (error.status === 404) return sentence('absent', asked);
    throw error;
  }
  const [names, proof] = await Promise.all([namesFor(page), proofOf(asked)]);
  if (proof.text === null) return notYet(proof.detail);
  const outcome = await checkProof(proof.text, { keys, asked, page });
  const file = { url: URL.createObjectURL(new Blob([proof.text], { type: 'application/json' })), name: `${asked.station}.proof.json` };
  return (language) => answerTo(outcome, language, names, { file, page: pathOf(asked) });
}

/** The file's text, unpacked if gzip packed it; null if there is too much of it. What is broken is not even JSON. */
async function textOf(file) {
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (head[0] !== 0x1f || head[1] !== 0x8b) return file.text();
  const parts = [];
  let size = 0;
  try {
    for await (const part of file.stream().pipeThrough(new DecompressionStream('gzip'))) {
      parts.push(part);
      size += part.length;
      if (size > MOST) return null;
    }
  } catch {
    return '';
  }
  return new Blob(parts).text();
}

async function checkFile(file) {
  if (file.size > MOST) return sentence('too_large');
  const keys = await keysToGoBy();
  if (keys === null) return sentence('bad_key');
  const text = await textOf(file);
  if (text === null) return sentence('too_large');
  const outcome = await checkProof(text, { keys });
  return (language) => answerTo(outcome, language, NO_NAMES, { file: null, page: null });
}

function fill(select, entries) {
  const chosen = select.value;
  select.replaceChildren(...entries.map(({ id, name }) => element('option', { value: id, textContent: name })));
  if (entries.some(({ id }) => id === chosen)) select.value = chosen;
}

/** A choice that the list does not have (yet) is added to it: a link may come before the list does. */
function choose(select, id) {
  if (![...select.options].some(({ value }) => value === id)) select.append(element('option', { value: id, textContent: id }));
  select.value = id;
}

async function fillContests() {
  if (at('election').value) fill(at('contest'), await contests(at('election').value));
}

async function fillChoices() {
  fill(at('election'), await elections());
  await fillContests();
}

function askedInAddress() {
  // An id has no letter that an address must escape.
  const parts = location.hash.slice(1).split('/');
  if (parts.length !== 3 || parts.includes('')) return;
  const [election, contest, station] = parts;
  choose(at('election'), election);
  choose(at('contest'), contest);
  at('station').value = station;
  ask(() => checkStation({ election, contest, station }));
}

at('language').addEventListener('click', () => {
  state.language = LANGUAGES.find((one) => one !== state.language);
  remembered(state.language);
  speak();
});
at('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  const hash = [at('election').value, at('contest').value, at('station').value.trim()].join('/');
  if (location.hash === `#${hash}`) askedInAddress();
  else location.hash = hash;
});
at('election').addEventListener('change', () => fillContests().catch(() => {}));
at('file').addEventListener('change', () => {
  const [file] = at('file').files;
  if (file) ask(() => checkFile(file));
});
addEventListener('hashchange', askedInAddress);
addEventListener('dragover', (event) => {
  event.preventDefault();
  document.body.classList.add('over');
});
addEventListener('dragleave', (event) => {
  if (event.relatedTarget === null) document.body.classList.remove('over');
});
addEventListener('drop', (event) => {
  event.preventDefault();
  document.body.classList.remove('over');
  const [file] = event.dataTransfer.files;
  if (file) ask(() => checkFile(file));
});

speak();
state.keys = (await Promise.all((await ownKeys()).map(readKey))).filter((key) => key !== null);
speak();
askedInAddress();
// Without lists there are still links and files.
await fillChoices().catch(() => {});
