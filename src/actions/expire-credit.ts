// Takes out what is left of a grant that has lapsed. Runs from the agenda: from its expiry on a grant pays nothing, whenever that is.

import { isLive } from "../domain/wallet.ts"
import { err, ok } from "../domain/result.ts"
import { minor } from "../domain/money.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { movedCredit } from "./credit-moves.ts"
import { withLimit } from "./draw-wallet.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function expireCredit(scope: Scope, grantId: string): Promise<Outcome<null>> {
  return act(
    scope,
    async () => {
      const grant = await scope.read.wallets.grant(grantId)
      if (grant === null) return err(notFound("grant"))
      const { customerId, currency, remainingMinor } = grant.row
      if (remainingMinor === 0n || isLive(grant.row, scope.now)) {
        return ok({ value: null, commit: { audit: [] } })
      }
      const held = await scope.read.wallets.heldBy(customerId, currency)
      const lapsed = { grant, amountMinor: minor(-remainingMinor) }
      const part = movedCredit(scope, [lapsed], held, { kind: "Expired", told: { grant_id: grantId } })
      return ok({ value: null, commit: await withLimit(scope, customerId, part) })
    },
    null,
  )
}
