/** A variable and where it stands. */
export interface EnvironmentValue {
  readonly text: string;
  /** `undefined`: the environment of the process; otherwise the file. */
  readonly file: string | undefined;
}

/** Variables of one source, strongest first in {@link Environment}. */
export interface EnvironmentLayer {
  readonly file: string | undefined;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Everything that variables are read from, taken once. A blank variable counts as unset. */
export class Environment {
  readonly #values = new Map<string, EnvironmentValue>();

  constructor(layers: readonly EnvironmentLayer[]) {
    for (const { file, variables } of layers) {
      for (const [name, text] of Object.entries(variables)) {
        if (text === undefined || text.trim() === '' || this.#values.has(name)) continue;
        this.#values.set(name, { text, file });
      }
    }
  }

  /** Names of all variables that are set. */
  get names(): readonly string[] {
    return [...this.#values.keys()];
  }

  /** Whether this is a production environment: `NODE_ENV=production`. */
  get isProduction(): boolean {
    return this.#values.get('NODE_ENV')?.text === 'production';
  }

  /** The value of a variable, or `undefined` while it is unset or blank. */
  get(name: string): EnvironmentValue | undefined {
    return this.#values.get(name);
  }
}
