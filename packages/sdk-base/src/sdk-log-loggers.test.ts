import { callOf, createServiceClient } from '@holdfast/client';
import { scriptedTransport, type Step } from '@holdfast/testing';
import type { AxiosInstance } from 'axios';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SdkLogger, SdkSettings } from './call-options.js';
import { logFor } from './sdk-log.js';

function service(step: Step): AxiosInstance {
  return createServiceClient({
    ...{ name: 'orders', baseURL: 'https://orders.test', credential: false, retry: false },
    axios: { adapter: scriptedTransport(() => step).adapter },
  });
}

/** One request as an SDK makes it, and what its caller gets. */
async function statusOf(client: AxiosInstance, settings: SdkSettings): Promise<number | undefined> {
  const log = logFor(settings, () => client);
  try {
    const response = await client.get('/7');
    log?.ended({ call: callOf(response)!, response });
    return response.status;
  } catch (error) {
    log?.ended({ error });
    return (error as { status?: number }).status;
  }
}

const noop = () => undefined;
const line = expect.stringMatching(/^GET orders \/7: 500, 1 attempt, \d+ ms/) as string;

describe('a logger', () => {
  it('of one SDK hears nothing of another', async () => {
    const [own, other] = [jest.fn(), jest.fn()];
    const client = service({ status: 500 });
    await statusOf(client, { logger: { debug: noop, info: noop, warn: noop, error: own } });
    expect(own).toHaveBeenCalledTimes(1);
    await statusOf(client, { logger: { debug: noop, info: noop, warn: noop, error: other } });
    await statusOf(client, {});
    expect([own.mock.calls.length, other.mock.calls.length]).toEqual([1, 1]);
  });

  it('like a console gets the line alone', async () => {
    const error = jest.fn();
    await statusOf(service({ status: 500 }), {
      logger: { debug: noop, log: noop, info: noop, warn: noop, error },
    });
    expect(error.mock.calls).toEqual([[line]]);
  });

  it('without error() is warned', async () => {
    const warn = jest.fn();
    await statusOf(service({ status: 500 }), { logger: { debug: noop, info: noop, warn } });
    expect(warn.mock.calls).toEqual([[expect.anything(), line]]);
  });

  it('needs no more levels than are written', async () => {
    const warn = jest.fn();
    const small = { warn };
    expect(await statusOf(service({ status: 500 }), { logger: small, logLevel: 'warn' })).toBe(500);
    expect(await statusOf(service({ status: 500 }), { logger: small, logLevel: 'error' })).toBe(500);
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it.each<[string, unknown, SdkSettings['logLevel'], string]>([
    ['that is none', 'console', 'warn', 'the logger must be an object with a method for each level'],
    ['that has nothing', {}, 'error', 'the logger has no level "warn"'],
    ['without info()', { warn: noop, debug: noop }, 'info', 'the logger has no level "info"'],
    ['without debug()', { warn: noop, info: noop }, 'debug', 'the logger has no level "debug"'],
  ])('%s is refused before anything is sent', (_, logger, logLevel = 'warn', message) => {
    const client = () => service({ status: 200 });
    expect(() => logFor({ logger: logger as SdkLogger, logLevel }, client)).toThrow(
      new TypeError(`ServiceSdk(): ${message}`),
    );
    expect(logFor({ logger: logger as SdkLogger, logLevel: 'off' }, client)).toBeUndefined();
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('disk full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('disk full'))],
  ])('that %s changes nothing about a call, and is a warning of the process', async (_, write) => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
    const logger: SdkLogger = { debug: write, info: write, warn: write };
    expect(await statusOf(service({ status: 500 }), { logger })).toBe(500);
    expect(await statusOf(service({ status: 200 }), { logger, logLevel: 'debug' })).toBe(200);
    await nextTurn();
    expect(warn.mock.calls).toEqual(
      // Each log says it once.
      Array(2).fill([
        'ServiceSdk(): a line was not written: Error: disk full',
        { code: 'HOLDFAST_LOG_CALLS' },
      ]),
    );
    warn.mockRestore();
  });

  it('is not waited for', async () => {
    const logger: SdkLogger = { debug: noop, info: noop, warn: () => new Promise(noop) };
    expect(await statusOf(service({ status: 500 }), { logger })).toBe(500);
  });

  it('is not asked about what never came to the pipeline', async () => {
    const warn = jest.fn();
    const client = service({ status: 200 });
    client.interceptors.request.use(() => {
      throw new TypeError('of the owner’s own');
    });
    await statusOf(client, { logger: { debug: noop, info: noop, warn } });
    expect(warn).not.toHaveBeenCalled();
  });
});
