export {};

declare global {
  /** A type of the web's that the declarations of `structured-headers` name; without the web's library nobody declares it. */
  type BufferSource = ArrayBufferView | ArrayBuffer;
}
