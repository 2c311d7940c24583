// The page of the sandbox's bank: what a customer reads there, and what it answers.
// Law: the link alone permits it, and is checked before anything is read.

import type { TenantRow } from "../db/rows.ts"
import { tenantById } from "../db/system.ts"
import type { AskedCharge } from "../payments/port.ts"
import type { Platform } from "./scope.ts"

export type SandboxLink = { readonly tenantId: string; readonly chargeRef: string; readonly token: string }

export type Asked = { readonly tenant: TenantRow; readonly charge: AskedCharge }

/** Null: the link is not one of ours. */
export async function showSandbox(
  platform: Platform,
  { tenantId, chargeRef, token }: SandboxLink,
): Promise<Asked | null> {
  const charge = await platform.sandboxOf({ id: tenantId }).show(chargeRef, token)
  const tenant = charge === null ? null : await tenantById(platform.db, tenantId)
  return charge === null || tenant === null ? null : { tenant, charge }
}

/** False: the link is not one of ours, or was answered before. */
export async function answerSandbox(
  platform: Platform,
  { tenantId, chargeRef, token }: SandboxLink,
  isApproved: boolean,
): Promise<boolean> {
  return platform.sandboxOf({ id: tenantId }).answer(chargeRef, token, isApproved)
}
