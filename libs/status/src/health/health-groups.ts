import type { OnApplicationBootstrap } from '@nestjs/common';
import type { ResourceRegistry } from 'nestjs-mainstay/resource';
import { HealthGroupsError } from '../status.errors.js';

/** Names of resources by the name of their group, e.g. `{ payments: ['cache', 'database'] }`. */
export type HealthGroupOptions = Readonly<Record<string, readonly string[]>>;

/** The groups of resources that `/health/<group>` answers for. */
export class HealthGroups implements OnApplicationBootstrap {
  readonly #groups: ReadonlyMap<string, readonly string[]>;
  readonly #registry: Pick<ResourceRegistry, 'all'>;

  constructor(groups: HealthGroupOptions, registry: Pick<ResourceRegistry, 'all'>) {
    this.#groups = new Map(Object.entries(groups));
    this.#registry = registry;
  }

  /** The names of all groups. */
  get names(): readonly string[] {
    return [...this.#groups.keys()];
  }

  /** The names of the resources of a group; `undefined` when there is no such group. */
  members(group: string): readonly string[] | undefined {
    return this.#groups.get(group);
  }

  /**
   * Compares the groups with the resources that there are. All of them are known only now: those that users wrote are
   * found in `onModuleInit`.
   * @throws {@link HealthGroupsError} with everything that is wrong @internal
   */
  onApplicationBootstrap(): void {
    const known = new Set(this.#registry.all().map(({ name }) => name));
    const problems = [...this.#groups].flatMap(([group, members]) => [
      ...describeShape(group, members),
      ...members
        .filter((name) => !known.has(name))
        .map((name) => `the group "${group}" names "${name}", which no resource is called`),
    ]);
    if (problems.length > 0) throw new HealthGroupsError(problems, [...known]);
  }
}

function describeShape(group: string, members: readonly string[]): string[] {
  return [
    ...(/^[\w~-][\w.~-]*$/.test(group)
      ? []
      : [`"${group}" cannot be part of a path: use letters, digits, "-", "_", "." and "~"`]),
    ...(members.length > 0 ? [] : [`the group "${group}" is empty`]),
  ];
}
