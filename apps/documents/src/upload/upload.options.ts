/** The injection token of {@link UploadOptions}. */
export const UPLOAD_OPTIONS = Symbol('UPLOAD_OPTIONS');

/** What uploads may be like. */
export interface UploadOptions {
  /** The largest file, in bytes. */
  readonly maxBytes: number;
}
