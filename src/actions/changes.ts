// Changes of a row as an input with optional fields has them: what is undefined stays as it is.

export type ChangesOf<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** The changes without those that are none. */
export function given<T extends object>(changes: ChangesOf<T>): Partial<T> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Partial<T>
}
