import { manualClock, scriptedTransport, type ManualClock } from '@holdfast/testing';
import axios from 'axios';
import fc from 'fast-check';
import { graphBatch, install } from './index.js';

const ROUNDS = 3;
const IDEMPOTENT = new Set(['GET', 'PUT', 'DELETE']);

/** What a part comes to when it is let in, and how often it is refused before that. */
interface Fate {
  readonly method: string;
  readonly dependsOn: readonly string[];
  readonly refusals: readonly number[];
  readonly final: number;
}
interface Answer {
  readonly id: string;
  readonly status: number;
}

/** Microsoft Graph, as far as `$batch` goes: parts in order, what fails takes along what depends on it. */
class Model {
  readonly batches: string[][] = [];
  readonly sends = new Map<string, number>();
  readonly executions = new Map<string, number>();
  readonly #fates: ReadonlyMap<string, Fate>;
  readonly #shuffle: number;

  constructor(fates: readonly Fate[], shuffle: number) {
    this.#fates = new Map(fates.map((fate, index) => [String(index), fate]));
    this.#shuffle = shuffle;
  }

  answer(text: string): Answer[] {
    const { requests } = JSON.parse(text) as { requests: { id: string; dependsOn?: string[] }[] };
    this.batches.push(requests.map(({ id }) => id));
    const statuses = new Map<string, number>();
    for (const { id, dependsOn = [] } of requests) {
      // Microsoft Graph refuses a batch with a dependency that is not in it.
      if (!dependsOn.every((on) => requests.some((other) => other.id === on))) throw new Error('400');
      statuses.set(
        id,
        this.#run(
          id,
          dependsOn.every((on) => (statuses.get(on) ?? 424) < 400),
        ),
      );
    }
    const answers = [...statuses].map(([id, status]) => ({ id, status }));
    return [...answers.slice(this.#shuffle), ...answers.slice(0, this.#shuffle)];
  }

  #run(id: string, isMet: boolean): number {
    const sent = this.sends.get(id) ?? 0;
    this.sends.set(id, sent + 1);
    if (!isMet) return 424;
    const { refusals, final } = this.#fates.get(id)!;
    const refused = this.executions.get(`${id} refused`) ?? 0;
    this.executions.set(`${id} refused`, refused + 1);
    if (refused < refusals.length) return refusals[refused]!;
    this.executions.set(id, (this.executions.get(id) ?? 0) + 1);
    return final;
  }
}

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

const fate = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'DELETE', 'POST', 'PATCH'),
  on: fc.array(fc.nat(19), { maxLength: 3 }),
  refusals: fc.array(fc.constantFrom(429, 503, 504), { maxLength: 5 }),
  final: fc.constantFrom(200, 201, 404),
});
const fates = fc.array(fate, { minLength: 1, maxLength: 20 }).map((list) =>
  list.map(({ on, ...rest }, index): Fate => {
    const before = on.filter((other) => other < index).map(String);
    return { ...rest, dependsOn: [...new Set(before)] };
  }),
);

it('of any batch each part is answered once, in the first order, none acts twice, and all are sent a bounded number of times', async () => {
  await fc.assert(
    fc.asyncProperty(fates, fc.nat(19), async (parts, shuffle) => {
      const model = new Model(parts, shuffle);
      const { adapter } = scriptedTransport(
        ({ data }) => ({ status: 200, data: JSON.stringify({ responses: model.answer(String(data)) }) }),
        { clock },
      );
      const client = axios.create({ baseURL: 'https://graph.microsoft.com/v1.0', adapter });
      install(client, [graphBatch({ clock, random: () => 0 })], { clock });
      const requests = parts.map(({ method, dependsOn }, index) => ({
        id: String(index),
        method,
        url: `/${index}`,
        ...(dependsOn.length > 0 && { dependsOn }),
      }));
      const { data } = await clock.runUntilSettled(
        client.post<{ responses: Answer[] }>('/$batch', { requests }),
      );

      const ids = requests.map(({ id }) => id);
      const cut = Math.min(shuffle, ids.length);
      expect(data.responses.map(({ id }) => id)).toEqual([...ids.slice(cut), ...ids.slice(0, cut)]);
      expect(model.batches.length).toBeLessThanOrEqual(1 + ROUNDS);
      const statuses = new Map(data.responses.map(({ id, status }) => [id, status]));
      for (const [index, { method, dependsOn, final }] of parts.entries()) {
        const id = String(index);
        const status = statuses.get(id)!;
        const isIdempotent = IDEMPOTENT.has(method);
        const wasRefused = [429, 503, 504].includes(status);
        const executions = model.executions.get(id) ?? 0;
        expect({ id, status, executions }).toEqual(
          wasRefused || status === 424 ? { id, status, executions: 0 } : { id, status: final, executions: 1 },
        );
        expect(model.sends.get(id)).toBeLessThanOrEqual(isIdempotent ? 1 + ROUNDS : 1);
        // What could be sent again was, until there were no rounds left.
        expect(isIdempotent && wasRefused && model.batches.length <= ROUNDS).toBe(false);
        // And nobody is left out because of what has succeeded since.
        const isFree = dependsOn.every((on) => statuses.get(on)! < 400);
        expect(isIdempotent && status === 424 && isFree).toBe(false);
      }
    }),
    { numRuns: Number(process.env['HOLDFAST_RUNS'] ?? 200) },
  );
});
