/** The file of an upload while it is still arriving. */
export interface IncomingFile {
  readonly name: string;
  readonly contentType: string;
  /**
   * The bytes as they arrive, in step with whoever reads them. Ends only when the whole form was read and found right;
   * throws when the upload breaks off, is malformed or too large, so that a reader never takes a part for the whole.
   */
  readonly content: AsyncIterable<Buffer>;
}
