/** What a test does to a server. */
export interface ServerControl {
  /** Kills all processes of the server at once, as a crash does; resolves when they are gone. */
  kill9(): Promise<void>;
  /** Freezes all processes of the server (SIGSTOP): connections stand, nothing answers. */
  stop(): void;
  /** Lets a frozen server go on. */
  resume(): void;
  /** Ends the server in an orderly way, if it runs, and starts it again: same port, same data. */
  restart(): Promise<void>;
  /** Ends the server in whatever state it is and removes what it kept; safe to call again. */
  dispose(): Promise<void>;
}
