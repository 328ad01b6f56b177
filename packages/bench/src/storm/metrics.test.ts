import { Metrics } from './metrics.js';
import { stormSetting } from './settings.js';

/** Two seconds, an outage of two, and eight more; ten calls a second. */
const setting = stormSetting('hang', 0.5, { capacityPerSecond: 20, beforeS: 2, outageS: 2, afterS: 8 });

/** `failing`: seconds, from the start of the outage on, in which one call fails. */
function resultOf(failing: readonly number[], requestsOf: (second: number) => number = () => 10) {
  const metrics = new Metrics(setting);
  for (let second = -2; second < 10; second += 1) {
    const atMs = (second + 2) * 1_000 + 999;
    for (let call = 0; call < 10; call += 1) {
      metrics.called(atMs);
      if (call > 0 || !failing.includes(second)) metrics.succeeded(atMs);
    }
    for (let request = 0; request < requestsOf(second); request += 1) metrics.requested(atMs);
  }
  return metrics.result('any', 1);
}

describe('the figures of a storm', () => {
  it('amplification: requests for each call, during the outage alone', () => {
    expect(resultOf([], (second) => (second === 0 ? 40 : 20)).amplification).toBe(3);
    expect(resultOf([], (second) => (second < 0 || second > 1 ? 100 : 10)).amplification).toBe(1);
  });

  it('peak: the most in one second, over the load, from the outage on', () => {
    expect(resultOf([], (second) => (second === 7 ? 33 : 10)).peak).toBe(3.3);
    expect(resultOf([], (second) => (second === -1 ? 33 : 10)).peak).toBe(1);
  });

  it('recovery: until five seconds in a row are good, and none when there are no five', () => {
    expect(resultOf([0, 1]).recoveryS).toBe(0);
    expect(resultOf([0, 1, 2]).recoveryS).toBe(1);
    expect(resultOf([1, 4]).recoveryS).toBe(3);
    expect(resultOf([1, 5]).recoveryS).toBeNull();
  });

  it('success: of the calls from the outage on, whenever they ended', () => {
    expect(resultOf([-1]).success).toBe(1);
    expect(resultOf([0, 9]).success).toBe(0.98);
  });

  it('seconds are counted from the start of the outage', () => {
    expect(resultOf([]).seconds.map(({ second }) => second)).toEqual([-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
