import type { Stage } from './stage.js';
import { travelTo, travelled } from './time-machine.js';

/** Something that Holdfast promises, and whether it held. */
interface Promised {
  readonly what: string;
  readonly kept: (stage: Stage) => boolean;
}

/** What happens to the clients, the same to both. */
export interface Scenario {
  readonly name: string;
  readonly run: (stage: Stage) => Promise<void>;
  readonly promises: readonly Promised[];
}

const MINUTE = 60_000;

const everyCallSucceeds: Promised = {
  what: 'every call succeeds',
  kept: ({ result }) => result.succeeded === result.calls,
};
const tokenRequests = (most: number): Promised => ({
  what: most === 1 ? 'one token request' : `${most} token requests`,
  kept: ({ result }) => result.tokenRequests === most,
});

const steady: Scenario = {
  name: 'steady traffic',
  run: (stage) => stage.callEvery(10, 0, 2_000),
  promises: [
    everyCallSucceeds,
    tokenRequests(1),
    { what: 'one request per call', kept: ({ result }) => result.apiRequests === result.calls },
  ],
};

const expiring: Scenario = {
  name: 'the token expires in the middle',
  run: async (stage) => {
    const start = travelled();
    const calls = stage.callEvery(20, 0, 3_000);
    await stage.until(1_000);
    travelTo(start + 56 * MINUTE);
    await stage.until(2_000);
    travelTo(start + 61 * MINUTE);
    await calls;
  },
  promises: [everyCallSucceeds, tokenRequests(2)],
};

const revoked: Scenario = {
  name: 'the token is revoked under 100 calls in flight',
  run: async (stage) => {
    await stage.call();
    stage.api.delayMs = 200;
    const calls = Array.from({ length: 100 }, () => stage.call());
    await stage.until(stage.elapsedMs + 100);
    stage.api.revoke();
    await Promise.all(calls);
  },
  promises: [
    everyCallSucceeds,
    tokenRequests(2),
    { what: 'at most one resend per call', kept: ({ result }) => result.apiRequests <= 1 + 2 * 100 },
  ],
};

const throttled: Scenario = {
  name: 'the API throttles with Retry-After',
  run: async (stage) => {
    await stage.call();
    stage.api.throttle({ retryAfterMs: 2_000 });
    const first = stage.call();
    await stage.until(stage.elapsedMs + 100);
    const worker = async () => {
      for (let call = 0; call < 5; call += 1) await stage.call();
    };
    await Promise.all([first, ...Array.from({ length: 24 }, worker)]);
  },
  promises: [
    everyCallSucceeds,
    { what: 'no request before Retry-After is over', kept: ({ result }) => result.earlyRequests === 0 },
  ],
};

const OUTAGE = { from: 1_000, to: 4_000, grace: 5_000, end: 11_000 };

const outage: Scenario = {
  name: 'the API is down for 3 s and comes back',
  run: async (stage) => {
    const calls = stage.callEvery(20, 0, OUTAGE.end);
    await stage.until(OUTAGE.from);
    stage.api.fail({ status: 503 });
    await stage.until(OUTAGE.to);
    stage.api.recover();
    await calls;
  },
  promises: [
    { what: 'fewer requests than calls', kept: ({ result }) => result.apiRequests < result.calls },
    {
      what: `no call fails from ${OUTAGE.grace / 1000} s after its return`,
      kept: (stage) => stage.failuresFrom(OUTAGE.to + OUTAGE.grace) === 0,
    },
  ],
};

const providerDown: Scenario = {
  name: 'the identity provider is down, the token valid',
  run: async (stage) => {
    const start = travelled();
    await stage.call();
    // The clock is everybody's: it moves when both clients have their token.
    await stage.until(500);
    stage.idp.fail({ status: 503 });
    // Time to renew it, with some minutes left.
    travelTo(start + 56 * MINUTE);
    await stage.callEvery(20, stage.elapsedMs, stage.elapsedMs + 2_000);
  },
  promises: [
    everyCallSucceeds,
    {
      what: 'the provider is asked once more, and then left alone',
      kept: ({ result }) => result.tokenRequests === 2,
    },
  ],
};

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [steady, expiring, revoked, throttled, outage, providerDown];
