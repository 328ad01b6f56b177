import {
  Breakers,
  createServiceClient,
  type ServiceClientOptions,
  type TokenCredential,
} from '@holdfast/client';
import type { AxiosInstance } from 'axios';
import { followTime } from './breaker-time.js';
import { seededRandom } from './seeded-random.js';
import { staticCredential } from './static-credential.js';
import { SkippingClock } from './test-clock.js';
import { readSeed } from './test-defaults.js';
import { whileAsking, whileSending } from './under-way.js';

/** What {@link createTestClient} takes: the options of `createServiceClient()`, of which a credential need not be given. */
export interface TestClientOptions extends Omit<ServiceClientOptions, 'credential'> {
  /** Where tokens come from. Default: `staticCredential()`. A real one asks its identity provider. */
  readonly credential?: TokenCredential | false;
  /** Any whole number: with another one the jitter is another. Default: 1. A new one at each run, and no failure comes twice. */
  readonly seed?: number;
}

/**
 * A client of `createServiceClient()` for unit tests, over nock, a mock of axios, or a server on loopback: nobody's tokens, for
 * the scope `api://<name>/.default`, a state of its own, the same jitter at each run, and no waiting. A backoff, a gate that is
 * closed, the interval of a poll pass at once, and deadlines and time-outs hold all the same, by simulated time: that of
 * {@link testClock}, unless `clock` says otherwise.
 *
 * What hangs takes real time: give it `attemptTimeoutMs`, or use `manualClock()`. A credential that a request brings, and that
 * takes real time, has to say so: `clock.during()`.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function createTestClient({ seed: givenSeed, ...options }: TestClientOptions): AxiosInstance {
  const seed = readSeed('createTestClient', givenSeed);
  const { clock = new SkippingClock(), circuitBreaker = {}, credential = staticCredential() } = options;
  const usual = {
    ...(credential !== false && { scopes: `api://${options.name}/.default` }),
    random: seededRandom(seed),
    ...options,
    credential,
  };
  if (!(clock instanceof SkippingClock)) return createServiceClient(usual);

  const { breakers = new Breakers() } = circuitBreaker === false ? {} : circuitBreaker;
  followTime(breakers, clock);
  const own = options.before?.attemptTimeout ?? [];
  return createServiceClient({
    ...usual,
    clock,
    // What is no credential is refused by its name.
    credential: isCredential(credential) ? whileAsking(credential, clock) : credential,
    circuitBreaker: circuitBreaker && { ...circuitBreaker, breakers },
    before: { ...options.before, attemptTimeout: [whileSending(clock), own].flat() },
  });
}

function isCredential(value: TokenCredential | false): value is TokenCredential {
  return typeof value === 'object' && 'getToken' in value;
}
