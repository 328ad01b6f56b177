import { classifyBy, currentCall, described, type Classify, type Interceptor } from '@holdfast/core';

/**
 * Has one hook name the class of what comes of each send, for retries, budget, gate, breaker and fallback together: of a 200 that
 * says in its body that the service is busy, or a 403 by which an API throttles. Outside of all of these; of two in one pipeline
 * the inner one is asked.
 *
 * What the caller gets stays: a 200 that is to be a failure for him too is what `validateResponse` is for. The hook sees bodies
 * as they came, before axios's transforms: text mostly, a stream where the request asks for one, which is not to be read. A class
 * that is wrong costs what it says: with `not-sent`, a POST that was acted on is sent again.
 *
 * @throws {TypeError} when the hook is no function.
 */
export function classify(hook: Classify): Interceptor {
  if (typeof hook !== 'function') throw new TypeError('classify(): the hook must be a function');
  const interceptor: Interceptor = (next) =>
    function classifying(config) {
      classifyBy(currentCall(config), hook, config);
      return next(config);
    };
  return described(interceptor, 'classify', { hook });
}
