import type { AxiosResponse } from 'axios';

/** The content of an answer: of 204 and 205 nothing, and no empty text, as axios has it. */
export function contentOf({ status, data }: AxiosResponse<unknown>): unknown {
  return status === 204 || status === 205 ? undefined : data;
}
