import type { AxiosError, AxiosResponse } from 'axios';

/** A failed send: the answer that came back, or the error that came in its place. */
export type Failure =
  | { readonly response: AxiosResponse; readonly error?: undefined }
  | { readonly error: unknown; readonly response?: undefined };

/** The answer that failed, also where an interceptor has made an error of it. */
export function answerOf({ response, error }: Failure): AxiosResponse | undefined {
  return response ?? (error as Partial<AxiosError> | undefined | null)?.response;
}
