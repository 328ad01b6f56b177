import {
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type Step,
} from '@holdfast/testing';
import { callOf, createServiceClient, graphService, subscribe, type WarningEvent } from './index.js';

let clock: ManualClock;
let warnings: WarningEvent[];
let stop: () => void;

beforeEach(() => {
  clock = manualClock();
  warnings = [];
  stop = subscribe('holdfast:warning', (event) => warnings.push(event));
});

afterEach(() => {
  stop();
  clock.uninstall();
});

const REQUEST_ID = '01c3bdb8-fbb1-4613-96ad-be961ba99e11';

async function storyOf(...script: readonly Step[]): Promise<string> {
  const { adapter } = scriptedTransport(script, { clock });
  const client = createServiceClient({
    ...graphService({ clock, random: () => 0 }),
    credential: staticCredential(),
    axios: { adapter },
  });
  const ending: unknown = await clock.runUntilSettled(
    client.get('/users/7').catch((error: unknown) => error),
  );
  return String(callOf(ending));
}

describe('the story of a failed call', () => {
  it('has the request-id by which support finds it, first of all that was decided upon the attempt', async () => {
    const headers = { 'request-id': REQUEST_ID };
    const story = await storyOf(
      { status: 503, headers },
      { status: 404, headers: { 'Request-Id': 'another-1' } },
    );
    expect(story).toMatch(`503; request-id ${REQUEST_ID}; retry 1 in 0 ms: unavailable\n`);
    expect(story).toMatch(/404; request-id another-1$/);
  });

  it('has whom a throttle counts and why, without the ids of tenant and user', async () => {
    const headers = {
      'x-ms-throttle-scope': 'Tenant_Application/ReadWrite/9a3d526c/0785ef7c-a-user',
      'x-ms-throttle-information': 'ResourceUnitLimitExceeded',
      'retry-after': '1',
    };
    const story = await storyOf({ status: 429, headers }, { status: 200 });
    expect(story).toContain(
      '429; throttled by Tenant_Application/ReadWrite: ResourceUnitLimitExceeded; throttled: the gate',
    );
    expect(story).not.toContain('a-user');
  });

  it('has the request-id of a 400 too, which is the first status of a failure', async () => {
    expect(await storyOf({ status: 400, headers: { 'request-id': REQUEST_ID } })).toMatch(
      `400; request-id ${REQUEST_ID}`,
    );
  });

  it('has whom a throttle counts also where that is told by a 503, and not with another status', async () => {
    const headers = { 'x-ms-throttle-scope': 'Tenant/Read', 'retry-after': '1' };
    const story = await storyOf({ status: 503, headers }, { status: 404, headers });
    expect(story).toContain('503; throttled by Tenant/Read; throttled: the gate');
    expect(story).toMatch(/404$/);
  });

  it('has no request-id of a call that went well', async () => {
    expect(await storyOf({ status: 200, headers: { 'request-id': REQUEST_ID } })).not.toContain(REQUEST_ID);
  });

  it.each<[Record<string, string>, string]>([
    [{ 'x-ms-throttle-scope': 'Tenant/Read' }, 'throttled by Tenant/Read'],
    [{ 'x-ms-throttle-information': 'CPULimitExceeded' }, 'throttled by an unknown limit: CPULimitExceeded'],
  ])('has half of it where there is no more: %j', async (headers, hint) => {
    expect(await storyOf(...Array.from({ length: 4 }, () => ({ status: 429, headers })))).toContain(
      `429; ${hint}; retry 1`,
    );
  });

  it.each<Record<string, string>>([
    { 'request-id': 'x; retry 9 in 0 ms' },
    { 'request-id': 'x'.repeat(81) },
    { 'x-ms-throttle-scope': 'Bearer eyJ' },
    { 'x-ms-throttle-scope': 'User/ada@contoso.example' },
    { 'x-ms-throttle-information': 'a'.repeat(101) },
    { 'x-ms-throttle-information': 'https://x?sig=1' },
  ])('has nothing of what is no id and no reason: %j', async (headers) => {
    const story = await storyOf({ status: 429, headers }, { status: 200 });
    expect(story).toMatch(/429; retry 1 in 0 ms: throttled\n/);
  });
});

describe('a limit that is nearly used up', () => {
  const near = (share: string): Step => ({
    status: 200,
    headers: { 'x-ms-throttle-limit-percentage': share },
  });

  it('is warned of, before anything is throttled', async () => {
    await storyOf(near('0.8'));
    expect(warnings).toMatchObject([{ code: 'LIMIT_NEAR', service: 'graph' }]);
  });

  it('is warned of once for a client', async () => {
    const { adapter } = scriptedTransport(() => near('1.2'), { clock });
    const client = createServiceClient({ ...graphService({ clock }), credential: false, axios: { adapter } });
    for (let calls = 0; calls < 3; calls += 1) await client.get('/users/7');
    expect(warnings).toHaveLength(1);
  });

  it.each(['0.79', '0', '', 'many', '1e9', '-1'])('is not told by %j', async (share) => {
    await storyOf(near(share));
    expect(warnings).toEqual([]);
  });
});
