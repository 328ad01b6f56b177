/** What one request may ask of the pipeline, under `holdfast`. Each package adds its own members. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by declaration merging
export interface RequestOptions {}

declare module 'axios' {
  interface AxiosRequestConfig {
    /** What this request asks of its Holdfast pipeline. */
    holdfast?: RequestOptions;
  }
}
