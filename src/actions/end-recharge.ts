// How a recharge ends, as the part that it is of the commit that ends it: its money came, or it did not, and then its invoice is void.
// Law: a top-up that nobody pays is owed by nobody: it is not tried again, and has no dunning. The wallet asks for another one later.

import type { AuditEntry } from "../db/commit.ts"
import type { Guarded } from "../db/database.ts"
import type { InvoiceRow, PaymentRow, WalletRechargeRow, WalletRow } from "../db/rows.ts"
import { invoices, walletRecharges } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { moveInvoice } from "../domain/invoice.ts"
import type { Settlement } from "../domain/payment.ts"
import { instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { rechargeState } from "./begin-recharge.ts"
import type { Scope } from "./scope.ts"

type Part = {
  readonly guards: readonly Guarded[]
  readonly agenda: readonly AgendaItem[]
  readonly audit: readonly AuditEntry[]
}

/** `invoice`: what changes of it besides what the payment changes. `wallet`: which one the money fills; null: the default one. */
export type RechargeNews = Part & {
  readonly invoice: Partial<InvoiceRow>
  readonly wallet: WalletRow | null
}

const NO_NEWS: RechargeNews = { guards: [], agenda: [], audit: [], invoice: {}, wallet: null }

/** What a payment means for the recharge that it is for. */
export async function rechargeNews(
  scope: Scope,
  invoice: InvoiceRow,
  settled: Settlement,
  payment: PaymentRow,
): Promise<RechargeNews> {
  if (invoice.type !== "TopUp") return NO_NEWS
  const recharge = await scope.read.recharges.ofInvoice(invoice.id)
  if (recharge === null) return NO_NEWS
  const wallet = await scope.read.wallets.byId(recharge.customerId, recharge.walletId)
  const news = { ...NO_NEWS, wallet }
  if (settled.status === "Paid") {
    return recharge.status === "Pending" ? { ...news, ...ended(scope, recharge, null) } : news
  }
  const isOver = payment.status === "Failed" && settled.pendingMinor === 0n && settled.status === "Open"
  if (!isOver) return news
  const part =
    recharge.status === "Failed" ? NO_NEWS : ended(scope, recharge, payment.failureCode ?? "failed")
  const end = voided(scope, invoice)
  const audit = [...part.audit, ...end.audit]
  return { ...news, guards: part.guards, agenda: part.agenda, audit, invoice: end.change }
}

/** Nobody could be charged. */
export async function endingRecharge(scope: Scope, invoice: InvoiceRow, failureCode: string): Promise<Part> {
  const recharge = await scope.read.recharges.ofInvoice(invoice.id)
  const part = recharge?.status === "Pending" ? ended(scope, recharge, failureCode) : NO_NEWS
  const isOpen = moveInvoice(invoice.status, "void").ok
  const { change, audit } = voided(scope, invoice)
  return {
    guards: [
      ...part.guards,
      ...(isOpen ? [scope.write.update(invoices, invoice.id, invoice.version, change)] : []),
    ],
    agenda: part.agenda,
    audit: [...part.audit, ...(isOpen ? audit : [])],
  }
}

/** `failureCode` null: its money came. */
function ended(scope: Scope, recharge: WalletRechargeRow, failureCode: string | null): Part {
  const status = failureCode === null ? ("Succeeded" as const) : ("Failed" as const)
  const change = { status, failureCode, endedAt: scope.now }
  const after = { ...recharge, ...change }
  return {
    guards: [scope.write.update(walletRecharges, recharge.id, recharge.version, change)],
    agenda: failureCode === null ? [] : [laterLook(scope, recharge)],
    audit: [
      {
        action: failureCode === null ? "wallet.recharged" : "wallet.recharge_failed",
        subjectType: "Wallet",
        subjectId: recharge.walletId,
        customerId: recharge.customerId,
        before: { status: recharge.status },
        after: rechargeState(after),
      },
    ],
  }
}

/** Nobody else may come by who would find the wallet low. */
function laterLook({ now }: Scope, { walletId, customerId }: WalletRechargeRow): AgendaItem {
  const dueAt = instant(now + limits.rechargePauseMs)
  return { kind: "sync-wallet", subject: customerId, uniqueKey: `recharge ${walletId} ${dueAt}`, dueAt }
}

const REASON = "The top-up was not paid."

function voided(scope: Scope, invoice: InvoiceRow) {
  const change = { status: "Void", voidedAt: scope.now, voidedReason: REASON } as const
  const entry: AuditEntry = {
    action: "invoice.voided",
    subjectType: "Invoice",
    subjectId: invoice.id,
    customerId: invoice.customerId,
    before: { status: invoice.status },
    after: { status: change.status, reason: REASON },
  }
  return { change, audit: [entry] }
}
