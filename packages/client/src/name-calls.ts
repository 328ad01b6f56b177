import { currentCall, type Interceptor } from '@holdfast/core';

/** Names every call after its service, for errors, journals and events. Outermost, so that all of them know it. */
export function nameCalls(name: string): Interceptor {
  return (next) =>
    function named(config) {
      currentCall(config).service = name;
      return next(config);
    };
}
