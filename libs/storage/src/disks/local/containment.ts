/** A folder below the root that is open: names joined to `path` cannot leave it. */
export interface OpenFolder {
  readonly path: string;
  /** Makes the names in the folder durable. */
  sync(): Promise<void>;
  /** At once: closing what was only read does not wait for a device. */
  close(): void;
}

/** How a folder is opened. */
export interface OpenFolderOptions {
  /** Make what is missing of the way. */
  readonly create?: boolean;
}

/** Opens folders below the root without ever leaving it. */
export interface Containment {
  /**
   * Opens the folder that `segments` lead to from the root.
   * @throws {@link LinkEncountered} when a segment is a symbolic link; ENOENT and ENOTDIR as the system gives them
   */
  open(segments: readonly string[], options?: OpenFolderOptions): Promise<OpenFolder>;
}

/** The way to an object leads through a symbolic link. @internal never leaves the local disk */
export class LinkEncountered extends Error {
  override readonly name = 'LinkEncountered';

  constructor() {
    super('The way leads through a symbolic link.');
  }
}
