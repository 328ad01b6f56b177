import { currentCall, described, type Interceptor } from '@holdfast/core';

/** Names every call after its service, for errors, journals and events. Outermost, so that all of them know it. */
export function nameCalls(name: string): Interceptor {
  const interceptor: Interceptor = (next) =>
    function named(config) {
      currentCall(config).service = name;
      return next(config);
    };
  return described(interceptor, 'nameCalls', { name });
}
