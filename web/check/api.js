// What the public API says, asked of the host that this page came from.

const ROOT = '/v1/elections';

export const pathOf = ({ election, contest, station }) =>
  `${ROOT}/${encodeURIComponent(election)}/contests/${encodeURIComponent(contest)}/stations/${encodeURIComponent(station)}`;

/** The server's answer was none of those that are expected. `problem` is what it says of it, if it says so. */
export class Unanswered extends Error {
  constructor(status, problem = null) {
    super(String(status));
    this.status = status;
    this.problem = problem;
  }
}

async function get(path) {
  let answer;
  try {
    answer = await fetch(path, { redirect: 'error', credentials: 'omit' });
  } catch {
    throw new Unanswered('–');
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => null);
  throw new Unanswered(answer.status, problem);
}

const json = async (path) => (await get(path)).json();

export const elections = async () => (await json(ROOT)).elections;

export const contests = async (election) => (await json(`${ROOT}/${encodeURIComponent(election)}`)).contests;

export const stationPage = (asked) => json(pathOf(asked));

/** The proof's text, or null while there is none: then `detail` says when there may be. */
export async function proofOf(asked) {
  try {
    return { text: await (await get(`${pathOf(asked)}/proof`)).text(), detail: null };
  } catch (error) {
    if (error.problem?.type === '/problems/not-proven-yet') return { text: null, detail: error.problem.detail };
    throw error;
  }
}

/** The names of options and of the regions above, for people: by id. */
export async function namesFor(page) {
  const contest = await json(page.links.contest);
  return {
    options: new Map(contest.options.map(({ id, number, name }) => [id, number === null ? name : `${number}. ${name}`])),
    units: new Map(page.path.map(({ id, name }) => [id, name])),
  };
}

/** The log's keys that came with this page; none if it came without. */
export const ownKeys = () => json('keys.json').then(({ keys }) => keys, () => []);
