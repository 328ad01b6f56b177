import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

it('Retry-After tells the same wait on a machine in any time zone', () => {
  const script = `
    import { parseRetryAfter } from './packages/core/src/retry-after.ts';
    const now = Date.UTC(2026, 0, 1, 12, 0, 0);
    const dates = ['Thu, 01 Jan 2026 12:00:30 GMT', 'Thursday, 01-Jan-26 12:00:30 GMT', 'Thu Jan  1 12:00:30 2026'];
    for (const zone of ['UTC', 'America/St_Johns', 'Pacific/Kiritimati']) {
      process.env.TZ = zone;
      console.log(new Date(now).getHours(), ...dates.map((date) => parseRetryAfter(date, now)));
    }`;
  const { stdout } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script],
    { cwd: join(__dirname, '../../..'), encoding: 'utf8' },
  );
  // The hours show that the zones were in force.
  expect(stdout.trim().split('\n')).toEqual([
    '12 30000 30000 30000',
    '8 30000 30000 30000',
    '2 30000 30000 30000',
  ]);
});
