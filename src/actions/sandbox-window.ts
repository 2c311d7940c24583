// Looking into the sandbox of a tenant, as people look at a processor's own site. Test tenants only: a live one has none.

import { err, ok } from "../domain/result.ts"
import type { SandboxThing, SandboxWindow } from "../payments/port.ts"
import type { Outcome } from "./act.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type { SandboxThing } from "../payments/port.ts"

export function windowOf({ platform, tenant }: Scope): Outcome<SandboxWindow> {
  const isSandbox = tenant.mode === "test" && tenant.stripeSealed === null
  return isSandbox ? ok(platform.windowOf(tenant)) : err(refusal("not_found", "The company has no sandbox."))
}

/** Our id of what a request to the processor was for: a payout that is sent again has a number behind it. */
export function idBehind({ key }: Pick<SandboxThing, "key">): string {
  return key.split(":")[0] ?? key
}
