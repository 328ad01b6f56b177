import { scriptedTransport } from '@holdfast/testing';
import pino from 'pino';
import { callOf, createServiceClient, errorSummary } from './index.js';
import { pinoLog } from './made-loggers.js';

describe('an error that is logged by hand, as a summary', () => {
  it.each([
    ['pino as it comes', {}],
    ['pino with errorSummary as its serializer', { serializers: { err: errorSummary } }],
    ['pino with its serializer of causes', { serializers: { err: pino.stdSerializers.errWithCause } }],
  ])('is a line of %s, with status, URL and attempts', async (_, options) => {
    const { logger, memory } = pinoLog(options);
    const orders = createServiceClient({
      name: 'orders',
      baseURL: 'https://orders.test',
      credential: false,
      axios: { adapter: scriptedTransport([{ status: 409 }]).adapter },
    });
    const error: unknown = await orders.get('/7').catch((failed: unknown) => failed);
    logger.warn({ err: errorSummary(error), call: callOf(error) }, String(callOf(error)));
    expect(memory.entries).toMatchObject([
      {
        err: { status: 409, url: 'https://orders.test/7', attempts: 1 },
        call: { service: 'orders', sends: 1 },
      },
    ]);
  });
});
