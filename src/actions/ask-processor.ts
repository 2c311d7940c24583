// Asks a processor for a payment or a refund, or what became of it. An exception is no answer: null, and it is asked again later
// under the same key.

import type { PaymentRow, RefundRow } from "../db/rows.ts"
import { assert } from "../domain/assert.ts"
import type { ChargeOutcome, Processor, RefundOutcome } from "../payments/port.ts"
import { log } from "../runtime/log.ts"
import type { Scope } from "./scope.ts"

/** `isNew`: nobody can have asked before. Else what became of it is asked for first, and it is charged only where it never arrived. */
export async function askForCharge(
  scope: Scope,
  payment: PaymentRow,
  isNew: boolean,
): Promise<ChargeOutcome | null> {
  return answered(scope, payment, "charge", async (processor) => {
    const known = isNew ? null : await processor.findCharge(payment.id)
    if (known !== null || payment.status !== "Processing") return known
    return processor.charge(chargeOf(payment))
  })
}

/** How a charge stands by now; null where that can't be told. */
export async function lookUpCharge(scope: Scope, payment: PaymentRow): Promise<ChargeOutcome | null> {
  return answered(scope, payment, "charge", (processor) => processor.findCharge(payment.id))
}

/** What a repeat means: the key makes it the same refund. */
export async function askForRefund(
  scope: Scope,
  payment: PaymentRow,
  refund: RefundRow,
): Promise<RefundOutcome | null> {
  return answered(scope, payment, "refund", (processor) => {
    assert(payment.chargeRef !== null, "what is refunded was charged", { payment: payment.id })
    const { amountMinor, currency } = refund
    return processor.refund({ key: refund.id, chargeRef: payment.chargeRef, amountMinor, currency })
  })
}

/** The key is our id of the payment, whoever asks and however often. */
function chargeOf(payment: PaymentRow) {
  const { id, customerRef, methodRef, amountMinor, currency, invoiceId } = payment
  assert(customerRef !== null && methodRef !== null, "a charge names who is charged", { payment: id })
  const metadata = { payment_id: id, invoice_id: invoiceId }
  const description = `Invoice ${invoiceId}`
  return { key: id, customerRef, methodRef, amountMinor, currency, description, metadata }
}

async function answered<T>(
  scope: Scope,
  payment: PaymentRow,
  what: string,
  ask: (processor: Processor) => Promise<T | null>,
): Promise<T | null> {
  try {
    const processor = scope.platform.processorOf(scope.tenant)
    if (processor.name === payment.processor) return await ask(processor)
    log.warn("the processor of a payment is not the tenant's", { payment_id: payment.id })
  } catch (error) {
    log.error(`a ${what} has no answer and is asked for again`, error, { payment_id: payment.id })
  }
  return null
}
