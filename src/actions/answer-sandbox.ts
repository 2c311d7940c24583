// What a customer answers on the page of the sandbox's bank.

import { tenantById } from "../db/system.ts"
import type { Platform } from "./scope.ts"

export type SandboxLink = { readonly tenantId: string; readonly chargeRef: string; readonly token: string }

/** False: the link is not one of ours, or was answered before. */
export async function answerSandbox(
  platform: Platform,
  { tenantId, chargeRef, token }: SandboxLink,
  isApproved: boolean,
): Promise<boolean> {
  const tenant = await tenantById(platform.db, tenantId)
  return tenant !== null && (await platform.sandboxOf(tenant).answer(chargeRef, token, isApproved))
}
