import { runStorm } from './run-storm.js';
import { QUICK_SETTINGS } from './settings.js';
import { strategies } from './strategies.js';

interface Bounds {
  readonly amplification: number;
  readonly peak: number;
  readonly recoveryS: number;
  /** At least. */
  readonly success: number;
}

/** What it comes to at a tenth of the usual size, where chance weighs more, by one seed: a worse one is a change for the worse. */
const BOUNDS: Readonly<Record<string, Bounds>> = {
  'unavailable 0.7': { amplification: 0.25, peak: 1.4, recoveryS: 6, success: 0.73 },
  'unavailable 0.9': { amplification: 0.21, peak: 1.3, recoveryS: 6, success: 0.74 },
  'unavailable-told 0.7': { amplification: 0.02, peak: 1.2, recoveryS: 2, success: 0.87 },
  'unavailable-told 0.9': { amplification: 0.02, peak: 1.15, recoveryS: 2, success: 0.86 },
  'hang 0.7': { amplification: 0.37, peak: 1.35, recoveryS: 6, success: 0.74 },
  'hang 0.9': { amplification: 0.32, peak: 1.3, recoveryS: 6, success: 0.75 },
  'slow 0.7': { amplification: 0.4, peak: 1.4, recoveryS: 6, success: 0.74 },
  'slow 0.9': { amplification: 0.33, peak: 1.3, recoveryS: 6, success: 0.75 },
};

const outages = QUICK_SETTINGS.map((setting) => [`${setting.fault} ${setting.load}`, setting] as const);

describe('the standard pipeline in a storm', () => {
  it.each(outages)('%s: sends less than is called, and is well again soon after', async (outage, setting) => {
    const [bounds, holdfast] = [BOUNDS[outage], strategies['holdfast']];
    if (bounds === undefined || holdfast === undefined) throw new Error(`there is no ${outage}`);
    const { amplification, peak, recoveryS, success } = await runStorm(holdfast, setting, 1);

    expect(amplification).toBeLessThanOrEqual(bounds.amplification);
    expect(peak).toBeLessThanOrEqual(bounds.peak);
    expect(recoveryS ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(bounds.recoveryS);
    expect(success).toBeGreaterThanOrEqual(bounds.success);
  });
});
