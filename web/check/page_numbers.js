// What a station's public page says, against the form that the proof shows.

/**
 * `differs` is the first thing that the page says otherwise, {what, of, said, signed}, or null. `note` says why there was less to compare: the
 * page is older or newer than the total that was sealed last, which is no contradiction.
 */
export function comparePage(page, { form, formHash, entries, options, sums }) {
  const said = page.versions?.find(({ version }) => version === form.version);
  const counts = page.counted_version;
  if (page.station?.id !== form.station || page.contest !== form.contest || page.election !== form.election) {
    return { differs: { what: 'station', of: '', said: page.station?.id ?? null, signed: form.station }, note: null };
  }
  if (said === undefined || counts === null || counts < form.version) {
    return { differs: null, note: { state: 'open', code: 'page-older', values: { version: form.version } } };
  }
  const version = [
    ['hash', '', said.hash, formHash],
    ['sealed', '', said.sealed, entries.form.index],
    ['submitted_by', '', said.submitted_by, form.key],
    ...pairs('votes', said.votes, form.kind === 'withdrawal' ? [] : options, form.votes),
    ...pairs('figures', said.figures, Object.keys({ ...said.figures, ...form.figures }), form.figures),
  ];
  if (counts > form.version) {
    const note = { state: 'noted', code: 'page-newer', values: { version: form.version, counts } };
    return { differs: first(version), note };
  }
  const shown = [
    ...pairs('votes', page.votes, options, Object.fromEntries(options.map((option, i) => [option, sums.votes[i]]))),
    ...pairs('figures', page, ['valid', 'invalid', 'voters'], sums),
  ];
  return { differs: first([...version, ...shown]), note: null };
}

const pairs = (what, said, names, signed) => names.map((of) => [what, of, said?.[of] ?? null, signed[of] ?? null]);

function first(all) {
  const found = all.find(([, , said, signed]) => said !== signed);
  return found === undefined ? null : { what: found[0], of: found[1], said: found[2], signed: found[3] };
}
