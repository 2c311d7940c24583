// Assertions that stay on in production. A failed one is a bug of ours: the door answers 500 and logs the state.

export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant"
  readonly state: Readonly<Record<string, unknown>>

  constructor(message: string, state: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.state = state
  }
}

export function assert(
  condition: boolean,
  message: string,
  state?: Readonly<Record<string, unknown>>,
): asserts condition {
  if (!condition) throw new BrokenInvariant(message, state)
}

/** The last branch of an exhaustive switch: the compiler refuses it while a case is missing. */
export function unreachable(value: never): never {
  throw new BrokenInvariant("a case that cannot be", { value })
}
