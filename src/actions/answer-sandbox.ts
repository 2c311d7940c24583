// The page of the sandbox's bank: what a customer reads there, and what it answers.
// Law: the link alone permits it, and is checked before anything is read.

import { readersFor } from "../db/readers/index.ts"
import type { TenantRow } from "../db/rows.ts"
import { tenantById } from "../db/system.ts"
import type { AskedCharge } from "../payments/port.ts"
import type { Platform } from "./scope.ts"

export type SandboxLink = { readonly tenantId: string; readonly chargeRef: string; readonly token: string }

/** `invoiceNumber`: null where what is paid has none. */
export type Asked = {
  readonly tenant: TenantRow
  readonly charge: AskedCharge
  readonly invoiceNumber: string | null
}

/** Null: the link is not one of ours. */
export async function showSandbox(
  platform: Platform,
  { tenantId, chargeRef, token }: SandboxLink,
): Promise<Asked | null> {
  const charge = await platform.sandboxOf({ id: tenantId }).show(chargeRef, token)
  const tenant = charge === null ? null : await tenantById(platform.db, tenantId)
  if (charge === null || tenant === null) return null
  const read = readersFor(platform.db, tenantId)
  const payment = await read.payments.byCharge("sandbox", chargeRef)
  const found = payment === null ? null : await read.invoices.byId(payment.invoiceId)
  return { tenant, charge, invoiceNumber: found?.invoice.number ?? null }
}

/** False: the link is not one of ours, or was answered before. */
export async function answerSandbox(
  platform: Platform,
  { tenantId, chargeRef, token }: SandboxLink,
  isApproved: boolean,
): Promise<boolean> {
  return platform.sandboxOf({ id: tenantId }).answer(chargeRef, token, isApproved)
}
