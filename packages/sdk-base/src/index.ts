export { ServiceSdk, type SdkSource } from './service-sdk.js';
export { SdkRoot } from './sdk-root.js';
export { SdkView } from './sdk-root-view.js';
export type { SdkConnection } from './connection.js';
export type { CallOptions, CheckedBy, LogLevel, SdkLogger, SdkSettings } from './call-options.js';
export type { RequestHeaders } from './call-options-headers.js';
export type { Query, QueryValue } from './call-options-query.js';
export type { Answer, CallPromise } from './call-promise.js';
export { path, type PathValue } from './path.js';

export type { ServiceHttp } from './service-http.js';
export type { ListOptions } from './sdk-paging.js';
export type { Operation } from './operation.js';
export type { PollOptions } from './operation-options.js';
export type { ResultOf } from './operation-result.js';
export type { OperationState, OperationStatus, StatusOf } from './operation-state.js';
export type { Download, DownloadOptions } from './download.js';
export type { ByteRange } from './download-range.js';
export type { UploadBody, UploadOptions, UploadRange } from './upload.js';
export type { UploadContent } from './upload-body.js';
export type { OnProgress, TransferProgress } from './transfer-progress.js';

export { SdkError, type SdkErrorInit } from './sdk-error.js';
export { StatusError, isStatusError, type AnsweredError } from './status-error.js';
export {
  BadRequestError,
  ConflictError,
  ContentTooLargeError,
  ForbiddenError,
  GoneError,
  NotFoundError,
  PreconditionFailedError,
  PreconditionRequiredError,
  RateLimitedError,
  ServerError,
  UnauthorizedError,
  UnprocessableContentError,
} from './status-errors.js';
export type { ProblemDetails } from './problem-details.js';
export { OperationError, OperationFailedError, OperationTimeoutError } from './operation-error.js';
export { DownloadError, type DownloadErrorCode } from './download-error.js';
export { ResponseValidationError } from './checked-answer.js';
