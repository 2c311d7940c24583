// What an event is of, as the API shows it: the `data` of a webhook.

import type { Readers } from "../../db/readers/index.ts"
import type { EventSubject } from "../../domain/webhook-events.ts"
import { alertToApi } from "../alerts/schemas.ts"
import { contractToApi } from "../contracts/schemas.ts"
import { customerToApi } from "../customers/schemas.ts"
import { invoiceToApi } from "../invoices/schemas.ts"
import { methodToApi } from "../payments/method-schemas.ts"
import { payoutToApi } from "../payments/payout-schemas.ts"
import { paymentToApi, refundToApi } from "../payments/schemas.ts"
import { subscriptionToApi } from "../subscriptions/subscription-schemas.ts"
import { walletToApi } from "../wallets/schemas.ts"
import { webhookToApi } from "./schemas.ts"

type Show = (read: Readers, id: string, customerId: string) => Promise<object | null>

/** By the name that the audit trail has for each kind of thing. */
const SHOWN: Readonly<Record<string, Show>> = {
  Customer: async (read, id) => orNull(await read.customers.byId(id), customerToApi),
  Subscription: async (read, id) => orNull(await read.subscriptions.byId(id), subscriptionToApi),
  Invoice: async (read, id) => orNull(await read.invoices.byId(id), invoiceToApi),
  Payment: async (read, id) => orNull(await read.payments.byId(id), paymentToApi),
  Refund: async (read, id) => orNull(await read.payments.refund(id), refundToApi),
  Payout: async (read, id) => orNull(await read.payouts.byId(id), payoutToApi),
  PaymentMethod: async (read, id, customerId) =>
    orNull(await read.paymentMethods.byId(customerId, id), methodToApi),
  Wallet: async (read, id, customerId) => orNull(await read.wallets.byId(customerId, id), walletToApi),
  Alert: async (read, id) => orNull(await read.budgets.anyAlert(id), alertToApi),
  Contract: async (read, id) => orNull(await read.contracts.byId(id), contractToApi),
  WebhookEndpoint: async (read, id) => orNull(await read.webhooks.endpoint(id), webhookToApi),
}

/** Types that say more than what they are of shows: by what an alert was crossed, what comes next in dunning, what moved in a wallet. */
const DETAILED = /^(spend_alert|dunning|wallet)\.|^invoice\.past_due$/

/** What has no view of its own, or is gone, is shown as the audit trail tells it. */
export async function showSubject(read: Readers, subject: EventSubject): Promise<object> {
  const { type, subjectType, subjectId, customerId, detail } = subject
  const told = typeof detail === "object" && detail !== null ? detail : {}
  const shown = (await SHOWN[subjectType]?.(read, subjectId, customerId ?? "")) ?? null
  if (shown === null) return { id: subjectId, customer_id: customerId, ...told }
  return DETAILED.test(type) ? { ...told, ...shown } : shown
}

function orNull<T>(row: T | null, toApi: (row: T) => object): object | null {
  return row === null ? null : toApi(row)
}
