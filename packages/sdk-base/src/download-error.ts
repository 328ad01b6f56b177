import type { AxiosResponse } from 'axios';
import { SdkError } from './sdk-error.js';

/**
 * - `ERR_DOWNLOAD_BROKEN`: the connection broke off, and what is missing cannot be asked for; the reason is the `cause`
 * - `ERR_DOWNLOAD_CHANGED`: the content is another one since the download began
 * - `ERR_DOWNLOAD_RANGE`: the service has sent other bytes than those that were asked for
 * - `ERR_DOWNLOAD_TRUNCATED`: it has sent fewer bytes than it had said
 */
export type DownloadErrorCode =
  'ERR_DOWNLOAD_BROKEN' | 'ERR_DOWNLOAD_CHANGED' | 'ERR_DOWNLOAD_RANGE' | 'ERR_DOWNLOAD_TRUNCATED';

/** A download that has not come whole: what its stream has delivered is the beginning of it, and nothing else. */
export class DownloadError extends SdkError {
  declare readonly code: DownloadErrorCode;

  constructor(code: DownloadErrorCode, message: string, response: AxiosResponse, cause?: unknown) {
    const { config, request } = response as Pick<AxiosResponse, 'config' | 'request'>;
    super('DownloadError', { message, code, config, request, response, cause });
  }
}
