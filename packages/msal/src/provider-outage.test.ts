import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

interface Report {
  readonly lost: number;
  /** How many calls went out with each token. */
  readonly sent: readonly number[];
  readonly asked: readonly { readonly minute: number; readonly status: number }[];
}

describe('an identity provider that is down for 24 hours', () => {
  it('loses none of 100 calls a minute while a token of 28 hours lives, and is asked 105 times', async () => {
    const program = ['--conditions=@holdfast/source', '--import=tsx', join(__dirname, 'provider-outage.mjs')];
    const child = spawn(process.execPath, program, { cwd: join(__dirname, '..'), timeout: 280_000 });
    const [output, errors] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    expect(errors).toBe('');
    const { lost, sent, asked } = JSON.parse(output) as Report;
    expect(lost).toBe(0);
    const outage = asked.filter(({ status }) => status === 503).map(({ minute }) => minute);
    // From half of the token's life on, at the first call once a backoff of 5, 10, 20 … seconds is over: in the end every
    // six minutes.
    expect(outage.slice(0, 11)).toEqual([840, 841, 842, 843, 844, 846, 849, 855, 861, 867, 873]);
    expect(outage).toHaveLength(105);
    expect(asked.filter(({ status }) => status === 200)).toEqual([
      { minute: 0, status: 200 },
      { minute: 1_443, status: 200 },
    ]);
    // It was back at minute 1,441. The refresh is not waited for: the old token is on all calls of the minute that began it.
    expect(sent).toEqual([144_400, 700]);
  }, 300_000);
});
