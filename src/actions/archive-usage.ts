// Moves the raw events of settled periods from their meter into the archive. Runs from the agenda, some time after an invoice of a
// subscription was finalized.
// What a repeat means: nothing. An object has one content for ever, and a meter lets go only of events that are in one.

import type { AuditEntry } from "../db/commit.ts"
import type { InvoiceWithLines } from "../db/readers/invoices.ts"
import type { InvoiceRow, SubscriptionRow } from "../db/rows.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import type { Archive } from "../domain/archive.ts"
import { periodAt, periodContaining } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import { retentionMs } from "../domain/tenant.ts"
import type { Instant } from "../domain/time.ts"
import { instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { currentTenant } from "./update-tenant.ts"

/** Its time is part of the key: when the tenant keeps events longer than it did, the job is put off to a later row. */
export function archiveItem(subject: string, dueAt: Instant): AgendaItem {
  return { kind: "archive-usage", subject, uniqueKey: `at:${dueAt}`, dueAt }
}

/** `subject`: an invoice; or, of one that has lines of several subscriptions, the invoice and one of them behind a slash. */
export async function archiveUsage(scope: Scope, subject: string): Promise<Outcome<null>> {
  const [invoiceId = "", only] = subject.split("/")
  const [found, tenant] = await Promise.all([scope.read.invoices.byId(invoiceId), currentTenant(scope)])
  if (found === null) return err(notFound("invoice"))
  if (!tenant.ok) return tenant
  const { invoice } = found
  const rest = retentionMs(tenant.value.settings)
  if (rest === null || invoice.finalizedAt === null) return finish(scope)
  const dueAt = instant(invoice.finalizedAt + rest)
  if (dueAt > scope.now) return finish(scope, { agenda: [archiveItem(subject, dueAt)] })
  const subscriptionId = only ?? invoice.subscriptionId
  if (subscriptionId === null) return finish(scope, { agenda: itemsOf(found, dueAt) })
  const subscription = await scope.read.subscriptions.byId(subscriptionId)
  if (subscription === null) return err(notFound("subscription"))
  const restedAt = instant(scope.now - rest)
  const before = await settledUntil(scope, invoice, subscription, restedAt)
  const { archives, complete } = await move(scope, subscription.id, before, restedAt)
  const last = archives.at(-1)
  if (last === undefined && complete) return finish(scope)
  const uniqueKey = `after:${scope.jobId ?? ""}`
  const goOn: AgendaItem = { kind: "archive-usage", subject, uniqueKey, dueAt: scope.now }
  return finish(scope, {
    agenda: complete ? [] : [goOn],
    audit: last === undefined ? [] : [archived(subscription, archives)],
  })
}

/** A job for each subscription that the invoice has lines of. */
function itemsOf({ invoice, lines }: InvoiceWithLines, dueAt: Instant): AgendaItem[] {
  const ids = new Set(lines.flatMap(({ subscriptionId }) => subscriptionId ?? []))
  return Array.from(ids, (id) => archiveItem(`${invoice.id}/${id}`, dueAt))
}

/** Periods before it are on invoices, all of them final for long enough. An interim bill covers a part of a period that is still
 *  to be billed, and a voided one leaves its periods to be billed again. */
async function settledUntil(
  scope: Scope,
  invoice: InvoiceRow,
  { id, schedule, billFromIndex }: SubscriptionRow,
  restedAt: Instant,
): Promise<Instant> {
  const unsettled = await scope.read.invoices.unsettledFrom(id, restedAt)
  const unbilled = periodAt(schedule, billFromIndex).start
  const covered = invoice.periodEnd ?? unbilled
  // Periods are archived whole: those that are divided too, though a part may be settled before the others.
  const open = unsettled === null ? unbilled : (periodContaining(schedule, unsettled)?.start ?? unsettled)
  return instant(Math.min(covered, unbilled, open))
}

type Moved = { readonly archives: readonly Archive[]; readonly complete: boolean }

/** Object by object: stored and verified first, let go of then. A crash between the two leaves an object that the next run writes
 *  again with the same bytes, or, when the events changed meanwhile, one that no meter knows. */
async function move(
  scope: Scope,
  subscriptionId: string,
  before: Instant,
  receivedBefore: Instant,
): Promise<Moved> {
  const { archive: store, wallNow } = scope.platform
  const meter = scope.meter(subscriptionId)
  const owner = { tenantId: scope.tenant.id, subscriptionId }
  const archives: Archive[] = []
  for (let turn = 0; turn < limits.archivesPerJob; turn += 1) {
    const source = await meter.archivable({ before, receivedBefore })
    if (source === null) return { archives, complete: true }
    const { events, digests, lastCorrection } = source
    const archive = await store.write(owner, events)
    const wanted = { archive, digests, lastCorrection, before, sealedAt: scope.now, wallNow: wallNow() }
    const reply = await meter.seal(wanted)
    // `Changed`: somebody else was quicker, or corrected one of them. The next turn sees it.
    if (reply.kind === "Sealed") archives.push(archive)
  }
  return { archives, complete: false }
}

function archived({ id, customerId }: SubscriptionRow, archives: readonly Archive[]): AuditEntry {
  return {
    action: "usage.archived",
    subjectType: "Subscription",
    subjectId: id,
    customerId,
    after: {
      events: archives.reduce((sum, { count }) => sum + count, 0),
      objects: archives.map(({ key }) => key),
    },
  }
}

type Commit = { readonly agenda?: readonly AgendaItem[]; readonly audit?: readonly AuditEntry[] }

function finish(scope: Scope, { agenda = [], audit = [] }: Commit = {}): Promise<Outcome<null>> {
  return act(scope, async () => ok({ value: null, commit: { agenda, audit } }), null)
}
