import { install, type Clock } from '@holdfast/core';
import { attemptTimeout } from '@holdfast/timeout';
import { Axios, type AxiosInstance } from 'axios';
import { badOption, isRegion } from './authority-options.js';

/** Azure's Instance Metadata Service, which answers on Azure's machines only. */
const IMDS = 'http://169.254.169.254/metadata/instance/compute?api-version=2021-02-01';

// It answers within milliseconds where there is one; elsewhere a connection to it hangs.
const IMDS_TIMEOUT_MS = 1_000;

// A machine may be asked before it knows; one that is not Azure's will never know.
const ASK_AGAIN_MS = 3_600_000;

/**
 * The region whose token endpoint is asked. MSAL's own detection asks the metadata service again for every token, however
 * long that takes, and makes a host's name of `REGION_NAME` as it stands: `West Europe` in an App Service.
 */
export class Region {
  readonly #name: string | undefined;
  readonly #clock: Clock;
  #detected: Promise<string | undefined> | undefined = undefined;
  #askAgainAt = Infinity;

  /** @throws {TypeError} for a `MSAL_FORCE_REGION` that names no region. */
  constructor(factory: string, azureRegion: string | false | undefined, clock: Clock) {
    this.#name = azureRegion === false ? undefined : (azureRegion ?? forced(factory));
    this.#clock = clock;
  }

  /** Its name; `undefined` where tokens come from the global endpoint. Never rejects. */
  name(): Promise<string | undefined> {
    if (this.#name !== 'auto') return Promise.resolve(this.#name);
    if (this.#detected === undefined || this.#clock.now() >= this.#askAgainAt) {
      this.#askAgainAt = Infinity;
      this.#detected = this.#detect();
    }
    return this.#detected;
  }

  async #detect(): Promise<string | undefined> {
    const region = named(process.env['REGION_NAME']) ?? named(await locationOf(this.#clock));
    if (region === undefined) this.#askAgainAt = this.#clock.now() + ASK_AGAIN_MS;
    return region;
  }
}

/** What MSAL lets the environment say for every application on a machine. */
function forced(factory: string): string | undefined {
  const region = process.env['MSAL_FORCE_REGION'] ?? '';
  if (region === '') return undefined;
  if (region === 'TryAutoDetect') return 'auto';
  if (isRegion(region)) return region;
  const allowed = 'the name of a region where it comes from the environment variable MSAL_FORCE_REGION';
  throw badOption(factory, 'azureRegion', allowed, 'is none');
}

/** A region by its name or, as App Service has it, by what it is called. */
function named(text: unknown): string | undefined {
  const name = typeof text === 'string' ? text.replaceAll(' ', '').toLowerCase() : undefined;
  return isRegion(name) ? name : undefined;
}

async function locationOf(clock: Clock): Promise<unknown> {
  // Not by `axios.create()`, which starts from what an app has set for its own API; and no proxy can reach it.
  const client = new Axios({ adapter: 'http', headers: { Metadata: 'true' }, proxy: false, maxRedirects: 0 });
  install(client as AxiosInstance, [attemptTimeout({ timeoutMs: IMDS_TIMEOUT_MS, clock })], { clock });
  try {
    const { data } = await client.get<unknown>(IMDS);
    const { location } = JSON.parse(String(data)) as { location?: unknown };
    return location;
  } catch {
    return undefined;
  }
}
