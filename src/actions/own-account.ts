// Whether the account that the tenant has now knows a method or a payment. A tenant may change its processor, or its account there.
// Law: what another account knows is never asked of this one, which would say that it is missing.

import { err } from "../domain/result.ts"
import type { Processor } from "../payments/port.ts"
import { KeyRefused, NoAnswer } from "../payments/port.ts"
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

/** For who asks a processor while somebody waits. A key that it does not take is the tenant's to mend, and that it does not answer will
 *  pass: neither is a fault of ours. */
export async function orRefused<T>(ask: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof KeyRefused) return err(refusal("invalid_state", error.message))
    if (!(error instanceof NoAnswer)) throw error
    log.warn("a processor gives no answer", { error: error.message })
    return err(refusal("processor_unavailable", AWAY))
  }
}

const AWAY =
  "The payment processor gives no answer at this moment. Nothing was changed here, and whether the request has reached the processor is unknown: repeat it, under the same Idempotency-Key where it has one, and it is done once."
