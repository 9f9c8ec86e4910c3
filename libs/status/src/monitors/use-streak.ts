/** How long something has been in use: from the sample that saw it first to the one that saw it last. */
export class UseStreak {
  #age = 0;
  #length = 0;

  /** One more sample. @param goesOn `false` ends the streak; one that is not used does not begin */
  sample(isUsed: boolean, goesOn: boolean): void {
    if (!goesOn) this.#age = this.#length = 0;
    else if (this.#age > 0 || isUsed) {
      this.#age++;
      if (isUsed) this.#length = this.#age;
    }
  }

  /** Whether it has been in use for so many sample intervals. */
  hasLasted(intervals: number): boolean {
    return this.#length > intervals;
  }

  /** Sample intervals since the last use. */
  get idleIntervals(): number {
    return this.#age - this.#length;
  }
}
