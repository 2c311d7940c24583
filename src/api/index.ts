// The whole native API, operation by operation. The order here is the order of the OpenAPI document.

import type { Api } from "./app.ts"
import { newApi, newBareApi, requestIdOf } from "./app.ts"
import { register as alerts } from "./alerts/alerts.ts"
import { register as plans } from "./catalog/plans.ts"
import { register as preview } from "./catalog/preview.ts"
import { register as products } from "./catalog/products.ts"
import { register as skus } from "./catalog/skus.ts"
import { register as customerView } from "./customers/customer-view.ts"
import { register as customers } from "./customers/customers.ts"
import { register as hierarchy } from "./customers/hierarchy.ts"
import { register as tokens } from "./customers/tokens.ts"
import { register as batch } from "./events/batch.ts"
import { register as event } from "./events/event.ts"
import { register as bill } from "./invoices/bill.ts"
import { register as finalize } from "./invoices/finalize.ts"
import { register as invoices } from "./invoices/invoices.ts"
import { register as lineEvents } from "./invoices/line-events.ts"
import { register as jobs } from "./jobs/jobs.ts"
import { register as audit } from "./records/audit.ts"
import { register as service } from "./service.ts"
import type { Ctx, Door, Enter } from "./shared/door.ts"
import { register as archives } from "./subscriptions/archives.ts"
import { register as cancel } from "./subscriptions/cancel.ts"
import { register as amendEvent } from "./subscriptions/amend-event.ts"
import { register as events } from "./subscriptions/events.ts"
import { register as getEvent } from "./subscriptions/get-event.ts"
import { register as holds } from "./subscriptions/holds.ts"
import { register as schedule } from "./subscriptions/schedule.ts"
import { register as simulate } from "./subscriptions/simulate.ts"
import { register as subscriptions } from "./subscriptions/subscriptions.ts"
import { register as usageStream } from "./subscriptions/usage-stream.ts"
import { register as usage } from "./subscriptions/usage.ts"
import { register as voidEvent } from "./subscriptions/void-event.ts"
import { register as apiKeys } from "./tenants/api-keys.ts"
import { register as createTenant } from "./tenants/create-tenant.ts"
import { register as tenant } from "./tenants/tenant.ts"
import { register as testClock } from "./tenants/test-clock.ts"

const OPERATIONS = [
  createTenant,
  tenant,
  apiKeys,
  testClock,
  customers,
  customerView,
  hierarchy,
  tokens,
  alerts,
  products,
  plans,
  skus,
  preview,
  subscriptions,
  cancel,
  schedule,
  simulate,
  event,
  batch,
  holds,
  usage,
  usageStream,
  events,
  getEvent,
  voidEvent,
  amendEvent,
  archives,
  bill,
  invoices,
  lineEvents,
  finalize,
  jobs,
  audit,
  service,
]

export function nativeApi(door: ((c: Ctx) => Door) | null): Api {
  const api = newApi(door)
  for (const register of OPERATIONS) register(api)
  return api
}

/** The operations below `/v1/events` alone: what surrounds the others would cost an event more than its own work. */
export function eventsApi(door: (c: Ctx) => Door): Api {
  const enter: Enter = (c) => {
    c.set("requestId", requestIdOf(c))
    c.set("door", door(c))
  }
  const api = newBareApi(enter)
  event(api, enter)
  batch(api, enter)
  return api
}
