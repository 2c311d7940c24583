// An advance of a test clock that is under way. It may take longer than one invocation of the worker may run, so what has to be known
// to go on with it is in the tenant's row, and a message of the queue brings the next turn.

import type { Instant } from "./time.ts"

/** `jobs`: how many have run. `failed`: those that are not tried again in this advance. `by`: who asked for it. */
export type Advancing = {
  readonly from: Instant
  readonly to: Instant
  readonly jobs: number
  readonly failed: readonly string[]
  readonly by: {
    readonly type: "Root" | "ApiKey" | "Admin" | "Customer" | "System"
    readonly id: string
  }
}

/** The next turn of a tenant's advance. One that comes twice, or when there is none, does nothing. */
export type AdvanceMessage = { readonly kind: "advance-clock"; readonly tenant_id: string }
