// Billy's API as a whole.

import { register as callbacks } from "./callbacks.ts"
import { register as companies } from "./companies.ts"
import { register as customers } from "./customers.ts"
import type { Api, Ctx, Door } from "./door.ts"
import { newApi } from "./http.ts"
import { register as invoices } from "./invoices.ts"
import { register as plans } from "./plans.ts"
import { register as sandbox } from "./sandbox.ts"
import { register as serverInfo } from "./server-info.ts"
import { register as subscriptions } from "./subscriptions.ts"
import { register as transactions } from "./transactions.ts"

const PARTS = [
  serverInfo,
  companies,
  callbacks,
  plans,
  customers,
  subscriptions,
  invoices,
  transactions,
  sandbox,
]

export function billyApi(door: (c: Ctx) => Door): Api {
  const api = newApi(door)
  for (const register of PARTS) register(api)
  return api
}
