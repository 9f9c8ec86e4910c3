import { constants } from 'node:fs';

/** What a platform does not know is left out; such a platform has no descriptor walk either. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/** Opens a folder, never through a symbolic link. */
export const OPEN_FOLDER = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | NO_FOLLOW;

/** Opens a file for reading, never through a symbolic link; a FIFO in its place does not block. */
export const OPEN_TO_READ = constants.O_RDONLY | NO_FOLLOW | (constants.O_NONBLOCK ?? 0);

/** Creates a file that did not exist. */
export const OPEN_NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;
