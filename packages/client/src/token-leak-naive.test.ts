import { CASES, naive } from './token-leak-cases.js';
import { foundWhenSent } from './token-leak-play.js';
import { pathsToSecrets } from './token-leak-search.js';
import { startStage, type Stage } from './token-leak-stage.js';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});

afterAll(() => stage.close());

// That the search finds what is there: it is what a token interceptor on bare axios leaves behind.
describe.each(['http', 'fetch'] as const)(
  'with a token interceptor and the %s adapter the token or the secret shows',
  (adapter) => {
    it.each(Object.entries(CASES))(
      'in what a caller gets who makes a call that ends as %s',
      async (_name, one) => {
        const { leaks } = await foundWhenSent(naive, adapter, { ...one, before: 0 }, stage, pathsToSecrets);
        expect(leaks).not.toEqual([]);
      },
    );
  },
);
