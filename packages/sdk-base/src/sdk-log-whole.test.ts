import { createServiceClient, type ServiceClientOptions } from '@holdfast/client';
import { errorSummary } from '@holdfast/core';
import { scriptedTransport, staticCredential, type Step } from '@holdfast/testing';
import fc from 'fast-check';
import * as v from 'valibot';
import type { CallOptions, SdkLogger, SdkSettings } from './call-options.js';
import { ServiceSdk } from './service-sdk.js';

class Orders extends ServiceSdk {
  get(id: string, options?: CallOptions): Promise<unknown> {
    return this.http.get(`/orders/${id}`, options);
  }

  put(id: string, body: unknown, options?: CallOptions): Promise<unknown> {
    return this.http.put(`/orders/${id}`, body, options);
  }

  checked(id: string) {
    return this.http.get(`/orders/${id}`, { schema: v.object({ id: v.string() }) });
  }

  uploaded(id: string) {
    return this.http.upload(`/orders/${id}`, 'x', { schema: v.object({ id: v.string() }) });
  }

  story(id: string, options?: CallOptions) {
    return this.http.get(`/orders/${id}`, options).withResponse();
  }
}

/** A client, and what was sent by it. */
function service(step: Step, options: Partial<ServiceClientOptions> = {}) {
  const { adapter, requests } = scriptedTransport(() => step);
  const client = createServiceClient({
    ...{ name: 'orders', baseURL: 'https://orders.test', scopes: 'orders', retry: false },
    credential: staticCredential('S3cretToken'),
    axios: { adapter },
    ...options,
  });
  return { client, requests };
}

/** A logger, and all that it was told. */
function recording(): { logger: SdkLogger; lines: string[]; text: () => string } {
  const told: unknown[][] = [];
  const lines: string[] = [];
  const at = (fields: object, line: string) => {
    told.push([fields, line]);
    lines.push(line);
  };
  return {
    logger: { error: at, warn: at, info: at, debug: at },
    lines,
    text: () => JSON.stringify(told),
  };
}

const ok: Step = { status: 200, data: '{}' };

describe('the id of a call', () => {
  it('is the same in the header, in the call, in the line and in the summary of the error', async () => {
    const { logger, lines } = recording();
    const settings: SdkSettings = { logger, logLevel: 'debug' };
    const good = service(ok);
    const { call } = await new Orders(good.client, settings).story('7', { correlationId: 'request-7' });
    expect(good.requests[0]?.headers['client-request-id']).toBe('request-7');
    expect(call.correlationId).toBe('request-7');

    const bad = service({ status: 409 });
    const error: unknown = await new Orders(bad.client, settings)
      .get('7', { correlationId: 'request-8' })
      .catch((reason: unknown) => reason);
    expect(bad.requests[0]?.headers['client-request-id']).toBe('request-8');
    expect(errorSummary(error).correlationId).toBe('request-8');
    expect(lines).toEqual([
      expect.stringMatching(/, id request-7$/),
      expect.stringMatching(/, id request-8$/),
    ]);
  });

  it('is one that the client makes, where its caller has none', async () => {
    const { logger, lines } = recording();
    const { client, requests } = service(ok);
    await new Orders(client, { logger, logLevel: 'debug' }).get('7');
    const id = requests[0]?.headers['client-request-id'];
    expect(id).toMatch(/^[\da-f-]{36}$/);
    expect(lines).toEqual([expect.stringContaining(`, id ${String(id)}`)]);
  });
});

describe('the User-Agent of an SDK', () => {
  const product = { name: 'contoso-sdk', version: '1.4.0' };
  const agentOf = async (
    settings: SdkSettings,
    options: CallOptions = {},
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const { adapter, requests } = scriptedTransport([ok]);
    const { client } = service(ok, { axios: { adapter, headers } });
    await new Orders(client, settings).get('7', options);
    return requests[0]?.headers['user-agent'];
  };

  it('is sent with each request', async () => {
    expect(await agentOf({ product })).toMatch(/^contoso-sdk\/1\.4\.0 holdfast node\/\d+$/);
  });

  it.each<[string, SdkSettings, CallOptions, Readonly<Record<string, string>>]>([
    ['a call', { product }, { headers: { 'user-agent': 'own' } }, {}],
    ['the settings', { product, headers: { 'USER-AGENT': 'own' } }, {}, {}],
    ['the client', { product }, {}, { 'User-Agent': 'own' }],
  ])('gives way to that of %s', async (_, settings, options, headers) => {
    expect(await agentOf(settings, options, headers)).toBe('own');
  });
});

describe('the log of an SDK', () => {
  it('is its own: another one on the same client has another, or none', async () => {
    const [one, other] = [recording(), recording()];
    const { client } = service({ status: 500 });
    for (const settings of [{ logger: one.logger }, { logger: other.logger }, {}])
      await new Orders(client, settings).get('7').catch(() => undefined);
    await client.get('/7').catch(() => undefined);
    expect([one.lines.length, other.lines.length]).toEqual([1, 1]);
  });

  it('has one line of an answer that its schema refuses, and that is no success', async () => {
    const { logger, lines } = recording();
    const settings: SdkSettings = { logger, logLevel: 'debug' };
    const bad = new Orders(service({ status: 200, data: '{"id":7}' }).client, settings);
    await expect(bad.checked('7')).rejects.toHaveProperty('code', 'ERR_RESPONSE_VALIDATION');
    await new Orders(service({ status: 200, data: '{"id":"7"}' }).client, settings).checked('8');
    expect(lines).toEqual([
      expect.stringContaining('GET orders /orders/7: ERR_RESPONSE_VALIDATION, 1 attempt'),
      expect.stringContaining('GET orders /orders/8: 200, 1 attempt'),
    ]);
  });

  it('tells of the answer to an upload that its schema refuses', async () => {
    const { logger, lines } = recording();
    const orders = new Orders(service({ status: 200, data: '{"id":7}' }).client, { logger });
    await expect(orders.uploaded('7')).rejects.toHaveProperty('code', 'ERR_RESPONSE_VALIDATION');
    expect(lines).toEqual([expect.stringContaining('PUT orders /orders/7: ERR_RESPONSE_VALIDATION')]);
  });

  it('that cannot be written is a warning of the process once, for however many users', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
    const logger = {
      warn: () => {
        throw new Error('disk full');
      },
    };
    const orders = new Orders(service({ status: 500 }).client, { logger });
    for (let user = 0; user < 5; user += 1)
      await expect(orders.as(staticCredential(`user-${user}`)).get('7')).rejects.toHaveProperty(
        'status',
        500,
      );
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });

  it('is that of its views too, which may change its level', async () => {
    const { logger, lines } = recording();
    const orders = new Orders(service(ok).client, { logger });
    await orders.get('1');
    await orders.withOptions({ logLevel: 'debug' }).get('2');
    await orders.withOptions({ logLevel: 'debug' }).as(staticCredential('another')).get('3');
    await orders.get('4');
    expect(lines.map((line) => line.slice(0, 20))).toEqual(['GET orders /orders/2', 'GET orders /orders/3']);
  });

  it.each<[string, (value: string) => Step]>([
    [
      'a success',
      (value) => ({ status: 200, data: JSON.stringify({ value }), headers: { 'x-token': value } }),
    ],
    [
      'a problem',
      (value) => ({
        status: 409,
        data: JSON.stringify({ title: value, detail: value }),
        headers: { 'set-cookie': value },
      }),
    ],
    ['an outage', (value) => ({ status: 503, data: value })],
    ['a lost connection', (value) => ({ error: 'ECONNRESET', message: `GET /7?sig=${value} failed` })],
  ])('has nothing of the body, headers, query, key and token of %s', async (_, stepOf) => {
    const secret = fc.stringMatching(/^S3cret[A-Za-z0-9]{12,30}$/);
    await fc.assert(
      fc.asyncProperty(secret, async (value) => {
        const { logger, text } = recording();
        const { client } = service(stepOf(value), {
          credential: staticCredential(value),
          retry: {},
          attemptTimeoutMs: false,
        });
        await new Orders(client, { logger, logLevel: 'debug' })
          .put(
            '7',
            { value },
            {
              ...{ query: { code: value }, headers: { 'x-api-key': value }, ifMatch: `"${value}"` },
              ...{ idempotencyKey: value, retry: { retries: 0 } },
            },
          )
          .catch(() => undefined);
        expect(text()).toContain('PUT orders /orders/7');
        expect(text()).not.toContain(value);
      }),
      { numRuns: 10 },
    );
  });
});
