/** Keys with the moment that each is due at, earliest first: a binary heap with one entry that counts for each key. */
export class DueTimes {
  readonly #dueAt = new Map<string, number>();
  readonly #heap: { readonly key: string; readonly at: number }[] = [];

  /** Number of keys. */
  get size(): number {
    return this.#dueAt.size;
  }

  /** Makes a key due at a moment (milliseconds since 1970). A key that is due earlier already stays as it is. */
  add(key: string, at: number): void {
    const known = this.#dueAt.get(key);
    if (known !== undefined && known <= at) return;
    this.#dueAt.set(key, at);
    this.#heap.push({ key, at });
    this.#rise(this.#heap.length - 1);
  }

  /** Forgets a key. */
  delete(key: string): void {
    this.#dueAt.delete(key);
  }

  /** The earliest moment at which a key is due. */
  next(): number | undefined {
    this.#dropStale();
    return this.#heap[0]?.at;
  }

  /** Takes out a key that is due by `now`. */
  take(now: number): string | undefined {
    this.#dropStale();
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.#removeFirst();
    this.#dueAt.delete(first.key);
    return first.key;
  }

  /** Entries of keys that were forgotten, or made due earlier, lie in the heap until they come to its top. */
  #dropStale(): void {
    for (let first = this.#heap[0]; first && this.#dueAt.get(first.key) !== first.at; first = this.#heap[0])
      this.#removeFirst();
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink();
  }

  #rise(from: number): void {
    for (let child = from; child > 0;) {
      const parent = (child - 1) >> 1;
      if (this.#at(parent) <= this.#at(child)) return;
      this.#swap(parent, child);
      child = parent;
    }
  }

  #sink(): void {
    for (let parent = 0; ;) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      const child = this.#at(right) < this.#at(left) ? right : left;
      if (this.#at(child) >= this.#at(parent)) return;
      this.#swap(parent, child);
      parent = child;
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Infinity;
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a === undefined || b === undefined) return;
    this.#heap[one] = b;
    this.#heap[other] = a;
  }
}
