import { seen, resetSeen } from './seen.js';
import { inMemory } from './place.js';
import { STACK_NAMES } from './stack-names.js';
import { stacksOf } from './stacks.js';
import { msalTokens } from './tokens.js';

const WITHOUT_TOKEN = new Set([
  ...['bare', 'again', 'opossum', 'nothing'],
  ...['retry', 'throttleGate', 'circuitBreaker', 'attemptTimeout', 'deadline'],
]);

describe('a stack that is measured', () => {
  it.each(STACK_NAMES)(
    '%s: sends once, with the token that MSAL holds, and hands on the answer',
    async (name) => {
      const tokens = await msalTokens();
      const carried: string[] = [];
      const see = (authorization: unknown) => {
        if (typeof authorization === 'string')
          carried.push(authorization === `Bearer ${tokens.held}` ? 'the token' : 'something else');
      };
      const [stack] = stacksOf([name], inMemory(tokens, see)).values();
      await stack!.call();
      carried.length = 0;
      resetSeen();

      expect(await stack!.call()).toEqual({ id: 7 });

      expect(carried).toEqual(WITHOUT_TOKEN.has(name) ? [] : ['the token']);
      expect(seen).toMatchObject({ sends: 1, msalCalls: name === 'naive-msal' ? 1 : 0 });
      stack!.close?.();
    },
  );
});
