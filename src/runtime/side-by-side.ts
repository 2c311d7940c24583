// Work on many things, some of them at a time.

/** Calls `work` for each item, never for more than `width` at once. It must not throw: what fails is its own business. */
export async function sideBySide<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values()
  // All lanes take from one iterator, so each item is taken once and no lane waits for another.
  const lane = async (): Promise<void> => {
    for (const item of rest) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane))
}
