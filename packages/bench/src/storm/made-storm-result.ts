import { stormSetting } from './settings.js';
import type { Fault, StormResult, StormSecond, StormSetting } from './storm-result.js';

interface MadeStorm {
  readonly strategy?: string;
  readonly fault?: Fault;
  readonly seed?: number;
  readonly setting?: Partial<StormSetting>;
  /** During the outage, over the capacity. */
  readonly load?: number;
  /** Seconds after the outage in which everything still fails; `null`: to the end. */
  readonly recoveryS?: number | null;
}

/** A result that nobody has played: so much load during the outage, and nothing succeeds until it is over, and a while after. */
export function madeStormResult({
  strategy = 'a strategy',
  fault = 'unavailable',
  seed = 1,
  setting: other = {},
  load = 2,
  recoveryS = 3,
}: MadeStorm = {}): StormResult {
  const setting = stormSetting(fault, 0.7, {
    capacityPerSecond: 100,
    beforeS: 5,
    outageS: 10,
    afterS: 15,
    ...other,
  });
  const { capacityPerSecond, beforeS, outageS, afterS } = setting;
  const calls = setting.load * capacityPerSecond;
  const goodFrom = outageS + (recoveryS ?? afterS);
  const seconds = Array.from({ length: beforeS + outageS + afterS }, (_, index): StormSecond => {
    const second = index - beforeS;
    const isOut = second >= 0 && second < outageS;
    const isGood = second < 0 || second >= goodFrom;
    return {
      second,
      calls,
      succeeded: isGood ? calls : 0,
      requests: isOut ? load * capacityPerSecond : calls,
    };
  });
  return {
    strategy,
    setting,
    seed,
    amplification: load / setting.load,
    peak: load / setting.load,
    recoveryS,
    success: (outageS + afterS - goodFrom) / (outageS + afterS),
    seconds,
  };
}
