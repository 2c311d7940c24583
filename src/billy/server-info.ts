// GET /, in the words of the server whose contract this is.

import { lastPaymentAt } from "../db/owners.ts"
import type { Api } from "./door.ts"
import { answer } from "./http.ts"
import { isoDate } from "./print.ts"

/** The version whose behaviour this is. */
const VERSION = "1.1.3"

export function register(api: Api): void {
  api.get("/", async (c) => {
    const last = await lastPaymentAt(c.get("door").platform.db)
    return answer(c, {
      server: "Billy - The recurring payment server",
      powered_by: "BalancedPayments.com",
      version: VERSION,
      revision: null,
      last_transaction_created_at: last === null ? null : isoDate(last),
    })
  })
}
