import { Flight, type FlightPlan, type Landing } from './flight.js';

/**
 * The loads in progress of one cache, at most one that can be joined per key. A key's write or deletion fences its
 * flight: those who wait get the value, but it is not stored, and nobody else joins.
 */
export class Flights {
  /** The flight whose factory is being called and has not given its promise yet: who asks now, asks for it. */
  calling: Flight | undefined = undefined;
  readonly #byKey = new Map<string, Flight>();
  #barrier = 0;
  #landings = 0;

  /** How many flights have landed; whoever read the cache before the last landing may have missed its value. */
  get landings(): number {
    return this.#landings;
  }

  /** The flight of a key, unless something was invalidated since it began. */
  find(key: string): Flight | undefined {
    const flight = this.#byKey.get(key);
    return flight !== undefined && flight.plan.start.order > this.#barrier ? flight : undefined;
  }

  /**
   * Begins a flight; it displaces others of its keys, which can then not be stored.
   * @param load does the loading; its rejection is the flight's
   */
  launch(plan: FlightPlan, load: (flight: Flight) => Promise<Landing>): Flight {
    const flight = new Flight(plan);
    for (const key of plan.keys) {
      this.fence(key);
      this.#byKey.set(key, flight);
    }
    void load(flight)
      .finally(() => this.#end(flight))
      .then(
        (landing) => flight.land(landing),
        (error: unknown) => flight.fail(error),
      );
    return flight;
  }

  /** Whether the key was neither written nor deleted since the flight began. */
  isCurrent(key: string, flight: Flight): boolean {
    return this.#byKey.get(key) === flight;
  }

  /** Whether any of its keys was neither written nor deleted since the flight began. */
  isAnyCurrent(flight: Flight): boolean {
    return flight.plan.keys.some((key) => this.isCurrent(key, flight));
  }

  /** The key was written or deleted: its flight brings an older value. */
  fence(key: string): void {
    if (this.#byKey.size === 0) return;
    const flight = this.#byKey.get(key);
    this.#byKey.delete(key);
    if (flight?.onFenced && !this.isAnyCurrent(flight)) flight.onFenced();
  }

  /** Everything was invalidated: no flight may store its value. */
  fenceAll(): void {
    const flights = new Set(this.#byKey.values());
    this.#byKey.clear();
    for (const flight of flights) flight.onFenced?.();
  }

  /** Something was invalidated: nobody joins a flight that began before `order`. */
  closeBefore(order: number): void {
    this.#barrier = order;
  }

  #end(flight: Flight): void {
    this.#landings++;
    for (const key of flight.plan.keys) {
      if (this.isCurrent(key, flight)) this.#byKey.delete(key);
    }
  }
}
