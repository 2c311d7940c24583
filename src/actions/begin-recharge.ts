// Begins to fill a wallet up, as a part of the commit that found it low: an invoice that asks for the money, and the job that charges it.
// Laws: at most one recharge of a wallet is under way; none follows at once on one that was declined; a month has its cap.

import type { NumberDraw } from "../db/invoice-number.ts"
import { numberDraw } from "../db/invoice-number.ts"
import type { AuditEntry } from "../db/commit.ts"
import type { Guarded, Statement } from "../db/database.ts"
import type { InvoiceRow, WalletRechargeRow, WalletRow } from "../db/rows.ts"
import { walletRecharges } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import type { Minor } from "../domain/money.ts"
import { formatNanos, minor, minorToNanos, nanos, nanosToMinor } from "../domain/money.ts"
import type { RechargeTerms } from "../domain/recharge.ts"
import { decideRecharge } from "../domain/recharge.ts"
import { monthContaining } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Draft } from "./draft-invoice.ts"
import { draftAudit, emptyInvoice } from "./draft-invoice.ts"
import { recipientOf } from "./recipient-of.ts"
import { walletSubject } from "./grant-part.ts"
import { manualLines } from "./manual-line.ts"
import { saveDraft, withLines } from "./save-draft.ts"
import type { Scope } from "./scope.ts"

/** `walletId`: whose, and null where there is none. */
export type RechargePart = {
  readonly walletId: string | null
  readonly guards: readonly Guarded[]
  readonly writes: readonly Statement[]
  readonly agenda: readonly AgendaItem[]
  readonly audit: readonly AuditEntry[]
  readonly draw?: NumberDraw
}

export const NO_RECHARGE: RechargePart = { walletId: null, guards: [], writes: [], agenda: [], audit: [] }

/** The wallet's version is guarded by whoever commits this. */
export async function beginningRecharge(scope: Scope, wallet: WalletRow): Promise<RechargePart> {
  const { now } = scope
  const month = monthContaining(now, "UTC")
  const terms = termsOf(wallet)
  if (terms === null) return NO_RECHARGE
  const earlier = await scope.read.recharges.since(wallet.id, month.start)
  const decision = decideRecharge(terms, earlier, { now, month, pauseMs: limits.rechargePauseMs })
  switch (decision.kind) {
    case "UnderWay":
      return NO_RECHARGE
    case "Wait": {
      const uniqueKey = `recharge ${wallet.id} ${decision.until}`
      const item = {
        kind: "sync-wallet",
        subject: wallet.customerId,
        uniqueKey,
        dueAt: decision.until,
      } as const
      return { ...NO_RECHARGE, agenda: [item] }
    }
    case "Charge":
      return charging(scope, wallet, decision.amountMinor)
  }
}

function termsOf({ autoRecharge, currency }: WalletRow): RechargeTerms | null {
  if (autoRecharge === null) return null
  const { amountNanos, monthlyCapNanos } = autoRecharge
  const amount = nanosToMinor(nanos(BigInt(amountNanos)), currency)
  const cap = monthlyCapNanos === null ? null : nanosToMinor(nanos(BigInt(monthlyCapNanos)), currency)
  if (!amount.ok || cap?.ok === false) return null
  return { amountMinor: amount.value, capMinor: cap?.value ?? null }
}

async function charging(scope: Scope, wallet: WalletRow, amount: Minor): Promise<RechargePart> {
  const { read } = scope
  const [tenant, customer] = await read.together([read.tenant(), read.customers.one(wallet.customerId)])
  const draft = topUpInvoice(scope, wallet, amount)
  if (draft === null || tenant === null || customer === null) return NO_RECHARGE
  const recipient = recipientOf(customer, tenant)
  const draw = numberDraw(draft.invoice.id, tenant.settings.invoiceNumberPrefix, scope.newId())
  const invoice: InvoiceRow = { ...draft.invoice, recipient, number: draw.number }
  const recharge = rechargeRow(scope, wallet, invoice)
  return {
    walletId: wallet.id,
    guards: [],
    writes: [
      ...saveDraft(scope, null, { invoice, lines: draft.lines }).writes,
      scope.write.insert(walletRecharges, recharge),
    ],
    agenda: [{ kind: "recharge-wallet", subject: recharge.id, uniqueKey: "charge", dueAt: scope.now }],
    audit: [
      draftAudit({ invoice, lines: draft.lines }, "invoice.finalized"),
      { action: "wallet.recharge_started", ...walletSubject(wallet), after: rechargeState(recharge) },
    ],
    draw,
  }
}

/** Final from its beginning, and due at once. It bears no tax: what the credit pays for does, when it is used. */
function topUpInvoice(scope: Scope, wallet: WalletRow, amount: Minor): Draft | null {
  const id = scope.newId()
  const { customerId, currency, autoRecharge } = wallet
  const unitAmountNanos = formatNanos(minorToNanos(amount, currency))
  const line = { path: "lines", description: `Top-up of ${wallet.name}`, quantity: "1", unitAmountNanos }
  const lines = manualLines(scope, { id, currency }, [{ ...line, serviceStart: null, serviceEnd: null }], 0)
  if (!lines.ok) return null
  const invoice: InvoiceRow = {
    ...emptyInvoice(scope, id),
    type: "TopUp",
    status: "Open",
    customerId,
    subscriptionId: null,
    currency,
    totalMinor: minor(0n),
    periodStart: null,
    periodEnd: null,
    paymentMethodId: autoRecharge?.paymentMethodId ?? null,
    dueAt: scope.now,
    finalizedAt: scope.now,
    version: 0,
  }
  return withLines({ invoice, lines: [] }, lines.value)
}

function rechargeRow(scope: Scope, wallet: WalletRow, { id, totalMinor }: InvoiceRow): WalletRechargeRow {
  return {
    id: scope.newId(),
    tenantId: scope.tenant.id,
    customerId: wallet.customerId,
    walletId: wallet.id,
    invoiceId: id,
    status: "Pending",
    currency: wallet.currency,
    amountMinor: totalMinor,
    failureCode: null,
    endedAt: null,
    version: 1,
    createdAt: scope.now,
  }
}

/** A recharge as the audit trail keeps it. */
export function rechargeState(recharge: WalletRechargeRow) {
  const { id, status, currency, amountMinor, invoiceId, failureCode } = recharge
  return {
    recharge_id: id,
    status,
    currency,
    amount_nanos: formatNanos(minorToNanos(amountMinor, currency)),
    invoice_id: invoiceId,
    ...(failureCode === null ? {} : { failure_code: failureCode }),
  }
}
