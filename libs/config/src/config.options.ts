/** Where variables are read from, see `ConfigModule.forRoot()`. */
export interface ConfigModuleOptions {
  /**
   * The files to read, relative to the working directory; earlier ones win; absent ones are skipped.
   * @default '.env'
   */
  readonly envFilePath?: string | readonly string[] | undefined;
  /**
   * Read no file.
   * @default false
   */
  readonly ignoreEnvFile?: boolean | undefined;
  /**
   * Variables in place of `process.env`, for tests and for several apps in one process.
   * @default process.env
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Carries the options of `forRoot()` through the container to the one loader. @internal */
export class ConfigModuleSettings {
  constructor(readonly options: ConfigModuleOptions) {}
}
