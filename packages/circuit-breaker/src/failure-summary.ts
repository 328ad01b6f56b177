import { cleanMessage, type FailureSummary } from '@holdfast/core';
import type { AxiosError, AxiosResponse } from 'axios';

/** What other callers may be told of a failure: nothing of the call that met it is in it, nor reachable from it. */
export function summaryOfResponse({ status }: AxiosResponse, at: number, slowForMs?: number): FailureSummary {
  const pace = slowForMs === undefined ? '' : ` after ${slowForMs} ms`;
  const message = `answered with status ${status}${pace}`;
  return Object.freeze({ code: undefined, status: numberOf(status), message, at });
}

/** The same of a failure without an answer. */
export function summaryOfError(error: unknown, at: number): FailureSummary {
  const { code, message, response } = (error ?? {}) as Partial<AxiosError>;
  // An adapter may word its error with the URL or a header in it.
  const text = typeof message === 'string' ? cleanMessage(message) : 'failed without a message';
  return Object.freeze({ code: textOf(code), status: numberOf(response?.status), message: text, at });
}

/** One that another process has written down: no more of it than there is in ours. */
export function summaryOfSummary({ code, status, message, at }: FailureSummary): FailureSummary {
  return Object.freeze({ code: textOf(code), status, message: cleanMessage(message), at });
}

/** A DOMException's code is a number, and one of somebody's own may be anything: no snapshot could be restored with it. */
function textOf(code: unknown): string | undefined {
  return typeof code === 'string' ? cleanMessage(code) : undefined;
}

function numberOf(status: number | undefined): number | undefined {
  return Number.isFinite(status) ? status : undefined;
}
