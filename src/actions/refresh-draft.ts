// Recomputes the usage lines of a draft from the meter as it is now. Lines keep their ids and keys; only figures change.

import type { InvoiceLineRow, SubscriptionRow } from "../db/rows.ts"
import { chargesOf } from "../domain/charges.ts"
import { formatDecimal } from "../domain/decimal.ts"
import { formatNanos, minor } from "../domain/money.ts"
import { periodAt, periodContaining } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import { rangesUpTo } from "../domain/seq-ranges.ts"
import type { Outcome } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { findSubscriptionTerms } from "./find.ts"
import { meterTermsOf } from "./meter-terms.ts"
import { billableOf, ratedLines, usageOf } from "./rate-subscription.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

const ZERO_MINOR = minor(0n)

export type RefreshedDraft = {
  readonly lines: readonly InvoiceLineRow[]
  /** The subscription that the lines were rated from, when any was. */
  readonly subscription: SubscriptionRow | null
}

export async function refreshDraft(scope: Scope, draft: Draft): Promise<Outcome<RefreshedDraft>> {
  const subscriptionId = draft.invoice.subscriptionId
  if (subscriptionId === null) return ok({ lines: draft.lines, subscription: null })
  const found = await findSubscriptionTerms(scope, subscriptionId)
  if (!found.ok) return found
  const terms = found.value
  const { schedule } = terms.subscription
  const meteredSkus = new Set(terms.skus.filter((sku) => sku.terms.meter !== null).map((sku) => sku.id))
  const metered = draft.lines.filter((line) => line.skuId !== null && meteredSkus.has(line.skuId))
  const indices = [...new Set(metered.flatMap((line) => indexOf(line)))].toSorted((a, b) => a - b)
  const first = indices[0]
  const last = indices.at(-1)
  if (first === undefined || last === undefined) return ok({ lines: draft.lines, subscription: null })

  const from = periodAt(schedule, first).start
  const to = periodAt(schedule, last).end
  const meter = scope.meter(subscriptionId)
  const request = { customerId: null, terms: meterTermsOf(terms), changedSince: null, asOf: scope.now }
  const reply = await meter.usage({ ...request, periods: { from, to } })
  if (reply.kind === "NotFound") return err(notFound("meter"))
  const keys = new Set(metered.map((line) => line.lineKey))
  // Usage counts whole, whatever the draft's date: other lines of the same charge are subtracted.
  const chargeScope = { indices, asOf: to, running: true }
  const charges = chargesOf(billableOf(terms), usageOf(reply), chargeScope).filter((c) => keys.has(c.lineKey))
  const was = await scope.read.invoices.was([...keys], draft.invoice.id)
  const now = ratedLines(terms, charges, was, reply.seq)
  if (!now.ok) return now
  const byKey = new Map(now.value.map((line) => [line.lineKey, line]))
  const lines = draft.lines.map((line): InvoiceLineRow => {
    if (!keys.has(line.lineKey)) return line
    const fresh = byKey.get(line.lineKey)
    const figures =
      fresh === undefined
        ? // Other invoices took all of it meanwhile.
          { quantity: "0", ratedNanos: "0", amountMinor: ZERO_MINOR }
        : {
            quantity: formatDecimal(fresh.quantity),
            ratedNanos: formatNanos(fresh.ratedNanos),
            amountMinor: fresh.amountMinor,
          }
    const usageRanges = rangesUpTo(reply.seq, was.get(line.lineKey)?.ranges ?? [])
    return { ...line, ...figures, usageRanges }
  })
  return ok({ lines, subscription: terms.subscription })

  function indexOf(line: InvoiceLineRow): number[] {
    const period = line.serviceStart === null ? null : periodContaining(schedule, line.serviceStart)
    return period === null ? [] : [period.index]
  }
}
