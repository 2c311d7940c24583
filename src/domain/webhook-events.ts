// What is told to the outside: the catalog of event types, and which entry of the audit trail is which event.
// Law: an event is an entry of the audit trail under another name, so whatever is written there is told, and nothing else.

/** Each type with what it says. The first nine are those that bill.sh has. */
export const EVENT_TYPES = {
  "invoice.finalized": "An invoice got its number and is to be paid.",
  "invoice.paid": "Nothing is owed on an invoice any more.",
  "invoice.voided": "An invoice was taken back.",
  "subscription.created": "A customer subscribed.",
  "subscription.cancelled": "A subscription ended because it was cancelled.",
  "subscription.past_due": "A payment of a subscription failed, and dunning began.",
  "payment.failed": "A payment was declined.",
  "spend_alert.triggered": "A customer's spend crossed the threshold of an alert.",
  "credit_note.issued": "An invoice was given back, or a part of it.",
  "customer.created": "A customer was made.",
  "customer.updated": "A customer was changed.",
  "subscription.updated":
    "A subscription was changed, or a change or cancellation of it was scheduled or withdrawn.",
  "subscription.renewed": "A period of a subscription ended, and the next one began.",
  "subscription.trial_will_end": "A trial ends in three days.",
  "subscription.trial_ended": "A trial is over.",
  "subscription.paused": "A subscription was paused.",
  "subscription.resumed": "A paused subscription runs again.",
  "subscription.reactivated": "A subscription that was past due is paid for again.",
  "subscription.expired": "A subscription came to the end that it was given.",
  "invoice.created": "A draft was made.",
  "invoice.updated": "A draft or a note on it was changed.",
  "invoice.past_due": "The due date of an invoice passed, or its payment failed.",
  "invoice.uncollectible": "An invoice was written off.",
  "payment.succeeded": "A payment arrived.",
  "payment.pending": "A payment was begun and settles later.",
  "payment.requires_action": "A payment waits for its customer.",
  "refund.succeeded": "Money was given back.",
  "refund.failed": "Money could not be given back.",
  "payout.pending": "A payout is on its way and arrives later.",
  "payout.succeeded": "A customer was paid what it was owed.",
  "payout.failed": "A payout was declined, or came back.",
  "dispute.opened": "A customer disputes a payment.",
  "dispute.won": "A dispute ended for you.",
  "dispute.lost": "A dispute ended for the customer.",
  "payment_method.attached": "A customer has a new way to pay.",
  "payment_method.detached": "A way to pay is gone.",
  "dunning.attempted":
    "A payment that had failed was tried again and failed. `data` is the invoice, with what comes next.",
  "dunning.resolved": "What dunning was about is paid, or is not owed any more.",
  "dunning.exhausted": "The last try of a payment failed.",
  "contract.activated": "A contract holds from now on.",
  "contract.amended": "A contract was replaced by an amendment.",
  "contract.expired": "A contract came to its end.",
  "contract.terminated": "A contract was ended before its time.",
  "wallet.credited": "Credit came into a wallet, or back into it.",
  "wallet.drawn": "Credit paid an invoice, or a part of it.",
  "wallet.debited": "Credit was taken away, or is owed as money again.",
  "wallet.expired": "Credit lapsed.",
  "wallet.depleted": "Nothing is left in a wallet, or usage is refused that it can't pay.",
  "wallet.low": "Less is left of a customer's credit than its wallet is to have.",
  "wallet.recharged": "A wallet was filled up by itself.",
  "wallet.recharge_failed": "A wallet was to be filled up, and the payment was declined.",
  "webhook.disabled": "Deliveries to an endpoint stopped: it failed for three days, or said that it is gone.",
  "webhook.test": "You asked for it. It goes to the endpoint that is tested, whatever that wants otherwise.",
} as const satisfies Readonly<Record<string, string>>

export type EventType = keyof typeof EVENT_TYPES

/** What an endpoint may want: types, or all of them. */
export const EVERYTHING = "*"

export type EventFilter = EventType | typeof EVERYTHING

export const eventTypes = Object.keys(EVENT_TYPES) as EventType[]

export type Told = { readonly type: EventType; readonly subjectType: string; readonly subjectId: string }

/** What an event is of. `detail`: what the entry of the audit trail says of what happened. */
export type EventSubject = {
  readonly type: EventType
  readonly subjectType: string
  readonly subjectId: string
  readonly customerId: string | null
  readonly detail: unknown
}

/** An entry of the audit trail, as far as it tells what happened. */
export type Happening = {
  readonly action: string
  readonly subjectType: string
  readonly subjectId: string
  readonly before?: unknown
  readonly after?: unknown
}

type Rule = (entry: Happening) => EventType | readonly (EventType | Told)[]

/** Actions whose event has another name, depends on what they did, or is of something else. An action that has the name of an event
 *  type is that event, and all others are none. */
const RULES: Readonly<Record<string, Rule>> = {
  "subscription.changed": () => "subscription.updated",
  "subscription.change_scheduled": () => "subscription.updated",
  "subscription.change_withdrawn": () => "subscription.updated",
  "subscription.cancellation_scheduled": () => "subscription.updated",
  "subscription.period_closed": (entry) =>
    field(entry.after, "period_start") === null ? [] : "subscription.renewed",
  "subscription.ended": (entry) =>
    field(entry.after, "status") === "Cancelled" ? "subscription.cancelled" : "subscription.expired",
  "subscription.caught_up": () => "subscription.reactivated",
  "invoice.converted": () => "invoice.updated",
  "invoice.lines_added": () => "invoice.updated",
  "invoice.line_removed": () => "invoice.updated",
  "invoice.refreshed": () => "invoice.updated",
  "invoice.taxed": () => "invoice.updated",
  "invoice.settled": () => "invoice.paid",
  "invoice.written_off": () => "invoice.uncollectible",
  "invoice.credited": (entry) => [creditNote(entry), ...(isPaidNow(entry) ? ["invoice.paid" as const] : [])],
  "alert.triggered": () => "spend_alert.triggered",
  "wallet.returned": () => "wallet.credited",
  "wallet.restored": () => "wallet.credited",
  "wallet.reversed": () => "wallet.debited",
  "webhook.tested": () => "webhook.test",
}

/** The events that an entry is, mostly one or none. */
export function eventsOf(entry: Happening): readonly Told[] {
  const rule = Object.hasOwn(RULES, entry.action) ? RULES[entry.action] : undefined
  const told = rule === undefined ? known(entry.action) : rule(entry)
  const { subjectType, subjectId } = entry
  return [told].flat().map((one) => (typeof one === "string" ? { type: one, subjectType, subjectId } : one))
}

function known(action: string): readonly EventType[] {
  return Object.hasOwn(EVENT_TYPES, action) ? [action as EventType] : []
}

function creditNote({ after, subjectId }: Happening): Told {
  const note = field(after, "credit_note_id")
  return {
    type: "credit_note.issued",
    subjectType: "Invoice",
    subjectId: typeof note === "string" ? note : subjectId,
  }
}

function isPaidNow({ before, after }: Happening): boolean {
  return field(before, "status") === "Open" && field(after, "status") === "Paid"
}

/** The subscription that something is of, if its entry tells it. */
export function subscriptionOf({ subjectType, subjectId, after }: Happening): string | null {
  if (subjectType === "Subscription") return subjectId
  const told = field(after, "subscription_id")
  return typeof told === "string" ? told : null
}

/** The invoice that something is of, if its entry tells it. */
export function invoiceOf({ subjectType, subjectId, after }: Happening): string | null {
  if (subjectType === "Invoice") return subjectId
  const told = field(after, "invoice_id")
  return typeof told === "string" ? told : null
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}

/** Whether an endpoint gets an event. */
export function wants(
  endpoint: { readonly id: string; readonly events: readonly EventFilter[] },
  event: { readonly type: EventType; readonly subjectId: string },
): boolean {
  if (event.type === "webhook.test") return event.subjectId === endpoint.id
  return endpoint.events.includes(EVERYTHING) || endpoint.events.includes(event.type)
}
