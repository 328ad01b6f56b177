import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

type Name =
  | 'useFactory'
  | 'useValue'
  | 'onApplicationShutdown'
  | 'onModuleDestroy'
  | 'observed'
  | 'unsubscribedAtTheService'
  | 'unsubscribedAtTheGate'
  | 'abortedAtTheGate'
  | 'installedOnHttpModule'
  | 'defaultsInHttpModule';

let results: Readonly<Record<Name, unknown>>;
let exitCode: unknown;

// In a process of its own: NestJS is made of ES modules. Nothing tells it to end.
beforeAll(async () => {
  const child = fork(join(__dirname, 'peer-nestjs.mjs'), [], {
    cwd: join(__dirname, '..'),
    execArgv: ['--conditions=@holdfast/source', '--import=tsx'],
    silent: true,
    timeout: 110_000,
  });
  const [output, complaint, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close'),
  ]);
  expect(complaint).toBe('');
  results = JSON.parse(output) as Record<Name, unknown>;
  exitCode = code;
}, 120_000);

describe('a NestJS application', () => {
  it.each(['useFactory', 'useValue'] as const)(
    'is started with a factory of clients by %s, calls through it, and no client was made before that',
    (way) => {
      expect(results[way]).toEqual({
        usedAtStart: [],
        status: 200,
        body: { answered: [200, 200] },
        used: ['orders'],
        tokenRequests: 1,
      });
    },
  );

  it('that is told to end lets a request finish, with the calls that it has still to make, and makes none afterwards', () => {
    expect(results.onApplicationShutdown).toEqual({
      closedMeanwhile: false,
      status: 200,
      body: { answered: [200, 200] },
      afterwards: 'ERR_CLIENT_CLOSED',
      closed: true,
    });
  });

  it('that closes its clients in onModuleDestroy answers 503 to a request that has still a call to make', () => {
    expect(results.onModuleDestroy).toEqual({
      closedMeanwhile: true,
      status: 503,
      body: { title: 'Service Unavailable' },
      afterwards: 'ERR_CLIENT_CLOSED',
      closed: true,
    });
  });

  it('ends by itself when all of it is closed', () => {
    expect(exitCode).toBe(0);
  });
});

describe('an HttpService over a client', () => {
  it('has the client as its axiosRef: its retries are inside, and an interceptor sees one call', () => {
    expect(results.observed).toEqual({
      isTheClient: true,
      status: 200,
      sends: 2,
      calls: 1,
      tokenLeft: 'none',
    });
  });

  it('whose subscriber leaves ends the call, and does not send it again', () => {
    expect(results.unsubscribedAtTheService).toEqual({
      outcome: 'canceled',
      sends: 1,
      inFlight: [1, 0],
      sent: 1,
    });
  });

  it('whose subscriber leaves while the gate is closed waits no longer, and sends nothing', () => {
    const waited = { outcome: 'canceled', sends: 0, inFlight: [1, 0], sent: 0 };
    expect(results.unsubscribedAtTheGate).toEqual(waited);
    expect(results.abortedAtTheGate).toEqual({ ...waited, error: 'ERR_CANCELED' });
  });

  it('of HttpModule has an axios instance of its own: it is protected by install(), and not by the defaults of a client', () => {
    expect(results.installedOnHttpModule).toBe(200);
    expect(results.defaultsInHttpModule).toBe(401);
  });
});
