import { scriptedTransport } from '@holdfast/testing';
import { setImmediate as nextTurn } from 'node:timers/promises';
import winston from 'winston';
import { createServiceClient, logCalls, type CallLogger, type LogCallsOptions } from './index.js';
import { pinoLog, winstonLog } from './made-loggers.js';

/** Has a logger write of one call that goes well. */
async function logged(logger: CallLogger, options: LogCallsOptions = {}): Promise<void> {
  const stop = logCalls(logger, options);
  const orders = createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    credential: false,
    axios: { adapter: scriptedTransport([{ status: 200 }]).adapter },
  });
  await orders.get('/7');
  // Winston's entries go through a stream.
  await nextTurn();
  stop();
}

describe('a call has its line', () => {
  it('as a warning of winston’s by syslog, where it has no level of that name', async () => {
    const { logger, memory } = winstonLog({ levels: winston.config.syslog.levels, level: 'debug' });
    await logged(logger, { level: () => 'loud' });
    expect(memory.entries.map(({ level }) => level)).toEqual(['warning']);
  });

  it('as a verbose one, where winston has no debug', async () => {
    const levels = { error: 0, warn: 1, info: 2, verbose: 3 };
    const { logger, memory } = winstonLog({ levels, level: 'verbose' });
    await logged(logger);
    expect(memory.entries.map(({ level }) => level)).toEqual(['verbose']);
  });

  it('with its fields by a pino that has a level with the name log', async () => {
    const { logger, memory } = pinoLog({ customLevels: { log: 35 } });
    await logged(logger, { level: () => 'log' });
    expect(memory.entries).toMatchObject([
      { level: 35, msg: expect.stringMatching(/^GET orders/) as string, call: { service: 'orders' } },
    ]);
  });
});
