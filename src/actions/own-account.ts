// Whether the account that the tenant has now knows a method or a payment. A tenant may change its processor, or its account there.
// Law: what another account knows is never asked of this one, which would say that it is missing.

import { err } from "../domain/result.ts"
import type { Processor } from "../payments/port.ts"
import { KeyRefused } from "../payments/port.ts"
import { log } from "../runtime/log.ts"
import type { Outcome } from "./act.ts"
import type { Refusal } from "./refusal.ts"
import { refusal } from "./refusal.ts"

type Known = { readonly processor: string | null; readonly accountRef: string | null }

/** What was kept before accounts were told apart is taken for this one's. */
export async function isOwnAccount(processor: Processor, known: Known): Promise<boolean> {
  if (processor.name !== known.processor) return false
  return known.accountRef === null || known.accountRef === (await processor.accountRef())
}

/** Why a method can't be used with the account that the tenant has now. An account that does not tell its name is asked all the same:
 *  whoever asks it looks again. */
export async function foreignMethod(processor: Processor, method: Known): Promise<Refusal | null> {
  try {
    if (await isOwnAccount(processor, method)) return null
  } catch (error) {
    log.error("a processor does not tell whose account it is", error, { processor: processor.name })
    return null
  }
  return refusal("invalid_state", FOREIGN)
}

export const FOREIGN =
  "The payment method was attached at another account than the one that the tenant uses now. Attach it again."

/** A key that the processor does not take is the tenant's to mend, and no fault of ours. */
export async function orKeyRefused<T>(ask: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof KeyRefused)) throw error
    return err(refusal("invalid_state", error.message))
  }
}
