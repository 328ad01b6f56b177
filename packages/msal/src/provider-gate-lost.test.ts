import { ProviderFailure } from './network.js';
import { ProviderGate } from './provider-gate.js';
import { refused } from './refused.js';

describe('one who goes ahead and hangs for ever, without a time limit', () => {
  it('blocks the provider for nobody who comes five minutes later, and those who wait go with him', async () => {
    let now = 1_000_000;
    const setTimeout = () => {
      throw new Error('A gate has no timer');
    };
    const gate = new ProviderGate({ clock: { now: () => now, setTimeout }, random: () => 0 });
    const arrival = { scopes: ['s'], caller: {} };
    const asked: string[] = [];
    const ask = (name: string) => () => {
      asked.push(name);
      return name === 'lost' ? new Promise<string>(() => undefined) : Promise.resolve(name);
    };
    const init = { code: 'http_503', message: 'answered 503', correlationId: 'id', transient: true };
    const cause = new ProviderFailure(init);
    const trouble = refused('No token for s: the identity provider answered 503', ['s'], {
      transient: true,
      cause,
    });
    await expect(gate.pass(arrival, () => Promise.reject(trouble))).rejects.toBe(trouble);
    now += 5_000;
    void gate.pass(arrival, ask('lost'));
    const waiting = gate.pass(arrival, ask('waiting'));
    now += 299_999;
    const another = gate.pass(arrival, ask('another'));
    await Promise.resolve();
    expect(asked).toEqual(['lost']);
    now += 1;
    await expect(gate.pass(arrival, ask('late'))).resolves.toBe('late');
    await expect(Promise.all([waiting, another])).resolves.toEqual(['waiting', 'another']);
    expect(asked.slice(0, 2)).toEqual(['lost', 'late']);
  });

  it('who ends at last does not let a third one go beside the one who is ahead by then', async () => {
    let now = 1_000_000;
    const setTimeout = () => {
      throw new Error('A gate has no timer');
    };
    const gate = new ProviderGate({ clock: { now: () => now, setTimeout }, random: () => 0 });
    const arrival = { scopes: ['s'], caller: {} };
    const init = { code: 'http_503', message: 'answered 503', correlationId: 'id', transient: true };
    const cause = new ProviderFailure(init);
    const trouble = refused('No token for s: answered 503', ['s'], { transient: true, cause });
    await expect(gate.pass(arrival, () => Promise.reject(trouble))).rejects.toBe(trouble);
    now += 5_000;
    let endLost: (error: Error) => void = () => undefined;
    const lost = gate.pass(arrival, () => new Promise((_, reject) => (endLost = reject)));
    now += 300_000;
    void gate.pass(arrival, () => new Promise(() => undefined));
    endLost(new Error('the vault failed'));
    await expect(lost).rejects.toThrow('the vault failed');
    let asked = false;
    void gate.pass(arrival, () => Promise.resolve((asked = true)));
    await Promise.resolve();
    expect(asked).toBe(false);
  });
});
