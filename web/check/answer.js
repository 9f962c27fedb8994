// An outcome of `checkProof` in plain words, as elements: text only, nothing is ever read as HTML.

import { say, WORDS } from './words.js';

const MARKS = { holds: '✓', noted: '✓', broken: '✗', open: '–' };

export function element(name, members = {}, ...children) {
  const made = document.createElement(name);
  const { data = {}, ...rest } = members;
  Object.assign(made, rest);
  Object.assign(made.dataset, data);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * The elements of the answer and its verdict. `names` says what options and regions are called: {options, units}, each a
 * Map by id. `offer` is {file, page}: addresses of the proof file and of the station's page, or null.
 */
export function answerTo(outcome, language, names, offer) {
  const words = WORDS[language];
  const proven = outcome.shown !== null;
  const broken = outcome.steps.find(({ state }) => state === 'broken');
  const sentence = proven
    ? say(language, words.proven_long, { station: outcome.shown.form.station })
    : say(language, words.broken_long, { step: words.step[broken.step] });
  return {
    verdict: proven ? 'proven' : 'broken',
    elements: [
      element('h2', { textContent: `${proven ? '✓' : '✗'} ${proven ? words.proven : words.broken}` }),
      element('p', { textContent: sentence }),
      element('ol', { className: 'steps' }, ...outcome.steps.map((step) => line(step, language, names))),
      ...(proven ? numbers(outcome.shown, language, names) : []),
      actions(words, offer),
    ],
  };
}

function line({ step, state, code, values }, language, { options }) {
  const words = WORDS[language];
  const reason = code === null ? '' : say(language, words.why[code], values, options);
  return element(
    'li',
    { data: { step, state } },
    element('span', { className: 'mark', textContent: MARKS[state], ariaHidden: 'true' }),
    element('span', {}, words.step[step], element('span', { className: 'hidden-words', textContent: ` (${words.state[state]})` })),
    reason === '' ? null : element('span', { className: 'why', textContent: reason }),
  );
}

function numbers({ form, options, sums, regions, entries }, language, names) {
  const words = WORDS[language];
  const shown = new Intl.NumberFormat(language);
  const at = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short' }).format(new Date(entries.snapshot.entry.at));
  const about = say(language, words.version, { version: form.version, index: entries.form.index, at });
  const votes = options.map((option, i) => [names.options.get(option) ?? option, shown.format(sums.votes[i])]);
  const papers = [[words.valid, shown.format(sums.valid)], [words.invalid, shown.format(sums.invalid)]];
  const way = regions.map(({ unit, sums: its }) => [
    names.units.get(unit) ?? unit,
    shown.format(its.stations),
    shown.format(its.valid),
  ]);
  return [
    element('p', { textContent: about }),
    form.kind === 'withdrawal' ? element('p', { textContent: words.withdrawn }) : null,
    ...table(words.votes, [words.option, words.number], [...votes, ...papers]),
    ...table(words.way, [words.region, words.stations, words.valid_here], way),
  ].filter((made) => made !== null);
}

function table(title, columns, rows) {
  const heads = columns.map((text, i) => element('th', { scope: 'col', className: i ? 'number' : '', textContent: text }));
  const lines = rows.map(([name, ...cells]) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row', textContent: name }),
      ...cells.map((text) => element('td', { className: 'number', textContent: text })),
    ),
  );
  return [
    element('h3', { textContent: title }),
    element('table', { ariaLabel: title }, element('thead', {}, element('tr', {}, ...heads)), element('tbody', {}, ...lines)),
  ];
}

function actions(words, { file, page }) {
  const save = file && element('a', { href: file.url, download: file.name, textContent: words.download });
  const look = page && element('a', { href: page, textContent: words.scans });
  return element('p', { className: 'actions' }, save, look);
}
