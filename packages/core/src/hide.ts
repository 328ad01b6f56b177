/** Puts a member on an error that loggers do not walk into, as they do not into any cause: it leads to sockets and headers. */
export function hide(error: object, name: 'config' | 'cause', value: unknown): void {
  Object.defineProperty(error, name, { value, writable: true, enumerable: false, configurable: true });
}
