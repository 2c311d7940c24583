// Asks a processor for a payment or a refund, or what became of it. An exception is no answer: null, and it is asked again later
// under the same key.
// Law: what may have been asked for before is looked for first, and asked for only where it never arrived: a processor forgets keys
// after a day.

import type { PaymentRow, RefundRow } from "../db/rows.ts"
import { assert } from "../domain/assert.ts"
import type { ChargeOutcome, FoundDispute, FoundRefund, Processor, RefundOutcome } from "../payments/port.ts"
import { log } from "../runtime/log.ts"
import { FOREIGN, isOwnAccount } from "./own-account.ts"
import { saidOf } from "./said-to-processor.ts"
import type { Scope } from "./scope.ts"

/** `isNew`: nobody can have asked before. */
export async function askForCharge(
  scope: Scope,
  payment: PaymentRow,
  isNew: boolean,
): Promise<ChargeOutcome | null> {
  const charge = async (processor: Processor) => {
    const known = isNew ? null : await processor.findCharge(payment.id, payment.customerRef)
    if (known !== null || payment.status !== "Processing") return known
    return processor.charge(chargeOf(scope, payment))
  }
  return answered(scope, payment, "charge", charge, isNew ? NOT_CHARGED : null)
}

/** How a charge stands by now; null where that can't be told. */
export async function lookUpCharge(scope: Scope, payment: PaymentRow): Promise<ChargeOutcome | null> {
  const { id, customerRef } = payment
  return answered(scope, payment, "charge", (processor) => processor.findCharge(id, customerRef), null)
}

/** How a charge stands once it was called off, if that was still possible; null where it can't be told. */
export async function callOffCharge(scope: Scope, payment: PaymentRow): Promise<ChargeOutcome | null> {
  const { chargeRef } = payment
  if (chargeRef === null) return lookUpCharge(scope, payment)
  return answered(scope, payment, "cancellation", (processor) => processor.cancelCharge(chargeRef), null)
}

/** Refunds are few, so one that is new is looked for as well. One that waits is not asked for again, but after. */
export async function askForRefund(
  scope: Scope,
  payment: PaymentRow,
  refund: RefundRow,
): Promise<RefundOutcome | null> {
  const ask = async (processor: Processor) => {
    assert(payment.chargeRef !== null, "what is refunded was charged", { payment: payment.id })
    const { id: key, amountMinor, currency } = refund
    const { chargeRef } = payment
    // What nobody asked for here has no key, and is never asked for.
    if (refund.source === "Processor") return listed(await processor.refundsOf(chargeRef), refund)
    const known = await processor.findRefund(key, chargeRef)
    if (known !== null || refund.status !== "Processing") return known
    const { metadata } = saidOf(scope, "refund_id", refund)
    return processor.refund({ key, chargeRef, amountMinor, currency, metadata })
  }
  return answered(scope, payment, "refund", ask, null)
}

function listed(all: readonly FoundRefund[], { refundRef }: RefundRow): RefundOutcome | null {
  return all.find(({ outcome }) => outcome.ref === refundRef)?.outcome ?? null
}

/** All refunds of a payment's charge, whoever made them; null where that can't be told. */
export async function listRefunds(scope: Scope, payment: PaymentRow): Promise<readonly FoundRefund[] | null> {
  const { chargeRef } = payment
  if (chargeRef === null) return []
  return answered(scope, payment, "list of refunds", (processor) => processor.refundsOf(chargeRef), null)
}

/** How a dispute of a payment stands by now: nothing where it takes no money; null where that can't be told. */
export async function lookUpDispute(
  scope: Scope,
  payment: PaymentRow,
  disputeRef: string,
): Promise<readonly FoundDispute[] | null> {
  const ask = async (processor: Processor) => {
    const found = await processor.readDispute(disputeRef)
    return found === null ? [] : [found]
  }
  return answered(scope, payment, "dispute", ask, null)
}

/** The key is our id of the payment, whoever asks and however often. */
function chargeOf(scope: Scope, payment: PaymentRow) {
  const { id, customerRef, methodRef, amountMinor, currency, statementDescriptor } = payment
  assert(customerRef !== null && methodRef !== null, "a charge names who is charged", { payment: id })
  const said = saidOf(scope, "payment_id", payment)
  return { key: id, customerRef, methodRef, amountMinor, currency, statementDescriptor, ...said }
}

/** Nobody was asked, so it is certain. */
const NOT_CHARGED: ChargeOutcome = {
  status: "Failed",
  ref: null,
  code: "processor_account_changed",
  message: FOREIGN,
  isHard: false,
}

/** `foreign`: the answer where another account than the tenant's is the one to ask. */
async function answered<T>(
  scope: Scope,
  payment: PaymentRow,
  what: string,
  ask: (processor: Processor) => Promise<T | null>,
  foreign: T | null,
): Promise<T | null> {
  try {
    const processor = scope.platform.processorOf(scope.tenant)
    if (await isOwnAccount(processor, payment)) return await ask(processor)
    log.warn("the account of a payment is not the tenant's", { payment_id: payment.id })
    return foreign
  } catch (error) {
    log.error(`a ${what} has no answer and is asked for again`, error, { payment_id: payment.id })
  }
  return null
}
