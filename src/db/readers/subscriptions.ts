// Reads subscriptions with the terms that they run on, of one tenant.

import { and, asc, eq, gt, inArray, lt, sql } from "drizzle-orm"
import type { BudgetTerms } from "../../domain/alert.ts"
import { assert } from "../../domain/assert.ts"
import type { RatedSku } from "../../domain/catalog.ts"
import type { SubscriptionStatus } from "../../domain/subscription.ts"
import type { Segment } from "../../domain/timeline.ts"
import { segmentsOf } from "../../domain/timeline.ts"
import { underContract } from "../../domain/contract-prices.ts"
import { contractSpans } from "../../domain/contract-spans.ts"
import type { Database } from "../database.ts"
import type { Read } from "../together.ts"
import { allOf, ask, mapped, reading, readingOne, together } from "../together.ts"
import type { PlanVersionRow, SubscriptionRow } from "../rows.ts"
import { subscriptions } from "../schema.ts"
import type { BilledLine } from "./billed-usage.ts"
import { billedUsageReader } from "./billed-usage.ts"
import { budgetReader } from "./budgets.ts"
import type { SoldVersion } from "./catalog.ts"
import { catalogReader } from "./catalog.ts"
import type { LinkedContract } from "./contracts.ts"
import { contractReader } from "./contracts.ts"
import { walletBudgetReader } from "./wallet-budgets.ts"
import type { DraftedLine } from "./late-events.ts"
import { lateEventsReader } from "./late-events.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

export type SubscriptionTerms = {
  readonly subscription: SubscriptionRow
  readonly plan: PlanVersionRow
  readonly skus: readonly RatedSku[]
  /** What it was, is and will be sold under, in order; at least one. `plan` and `skus` are those of now. They hold what a contract
   *  makes of the row's own segments, so they are for rating: what is stored is made from the row's. */
  readonly segments: readonly SegmentTerms[]
  /** The contracts that it was, is and will be under, in order of time. */
  readonly contracts: readonly LinkedContract[]
  /** What limits its spend: the alerts of its customer and of those whom the customer consolidates to, and the credit of who gets its
   *  invoices. */
  readonly budgets: readonly BudgetTerms[]
  /** Lines of its drafts, where the tenant refuses late events; null where it takes them. */
  readonly drafted: readonly DraftedLine[] | null
  /** What was billed of the usage of its running period; of a subscription without a threshold nothing is told. */
  readonly billed: readonly BilledLine[]
}

export type SegmentTerms = {
  readonly segment: Segment
  readonly plan: PlanVersionRow
  readonly skus: readonly RatedSku[]
}

export type SubscriptionFilter = {
  readonly customerId?: string | undefined
  readonly status?: SubscriptionStatus | undefined
  readonly externalId?: string | undefined
}

const RUNNING: SubscriptionStatus[] = ["Trialing", "Active", "PastDue"]

/** A paused one takes the events that name it: they are kept, and counted nowhere. */
const TAKING_USAGE: SubscriptionStatus[] = [...RUNNING, "Paused"]

export function subscriptionReader(db: Database, tenantId: string) {
  const mine = eq(subscriptions.tenantId, tenantId)
  const catalog = catalogReader(db, tenantId)
  const contracting = contractReader(db, tenantId)
  const limiting = budgetReader(db, tenantId)
  const crediting = walletBudgetReader(db, tenantId)
  const late = lateEventsReader(db, tenantId)
  const billedUsage = billedUsageReader(db, tenantId)

  async function byId(id: string): Promise<SubscriptionRow | null> {
    const where = and(mine, eq(subscriptions.id, id))
    return ask(db, readingOne(db.select().from(subscriptions).where(where)))
  }

  /** The versions of plans that the parts of a time are sold under, by their names. */
  function versionsOf(parts: readonly Sold[]): Read<ReadonlyMap<string, SoldVersion | null>> {
    const named = [...new Map(parts.map((part) => [nameOf(part), part]))]
    const all = allOf(named.map(([, { planId, planVersion }]) => catalog.versionOf(planId, planVersion)))
    return mapped(all, (versions) => new Map(named.map(([name], at) => [name, versions[at] ?? null])))
  }

  /** `joined`: contracts that it is about to come under. */
  async function termsOf(
    subscription: SubscriptionRow,
    joined: readonly LinkedContract[] = [],
  ): Promise<SubscriptionTerms | null> {
    const { id, customerId, currency } = subscription
    const segments = segmentsOf(subscription)
    const [versions, links, alerts, credited, drafted, billed] = await together(db, [
      versionsOf([subscription, ...segments]),
      contracting.linksOf(id),
      limiting.over(customerId),
      crediting.versionsOver(customerId),
      late.drafted(id),
      billedUsage.of(subscription),
    ])
    const current = versions.get(nameOf(subscription)) ?? null
    if (current === null) return null
    const budgets = [...alerts, ...(await crediting.over(credited, currency))]
    const known = segments.flatMap((segment) => {
      const version = versions.get(nameOf(segment)) ?? null
      return version === null ? [] : [{ segment, ...version }]
    })
    assert(known.length === segments.length, "the plan versions of a subscription are kept", { segments })
    const contracts = [...links, ...joined]
    const priced = contracts.length === 0 ? known : await inContracts(subscription, known, contracts)
    return { subscription, ...current, segments: priced, contracts, budgets, drafted, billed }
  }

  async function inContracts(
    { schedule }: SubscriptionRow,
    known: readonly SegmentTerms[],
    links: readonly LinkedContract[],
  ): Promise<SegmentTerms[]> {
    const tags = await contracting.planTags(known.map(({ segment }) => segment.planId))
    return underContract(known, contractSpans(links), schedule, (planId) => tags.get(planId) ?? [])
  }

  return {
    byId,
    termsOf,

    async withTerms(id: string): Promise<SubscriptionTerms | null> {
      const subscription = await byId(id)
      return subscription === null ? null : termsOf(subscription)
    },

    byIds(ids: readonly string[]): Read<SubscriptionRow[]> {
      const wanted = sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`
      const where = and(mine, sql`${subscriptions.id} IN ${wanted}`)
      return reading(db.select().from(subscriptions).where(where), (rows) => rows)
    },

    /** The one that an invoice is of, and those that it has lines of. */
    onInvoice(invoiceId: string): Read<SubscriptionRow[]> {
      const ids = sql`
        SELECT subscription_id FROM invoices WHERE tenant_id = ${tenantId} AND id = ${invoiceId}
        UNION
        SELECT subscription_id FROM invoice_lines WHERE tenant_id = ${tenantId} AND invoice_id = ${invoiceId}`
      const where = and(mine, sql`${subscriptions.id} IN (${ids})`)
      return reading(db.select().from(subscriptions).where(where), (rows) => rows)
    },

    list: (page: Page, filter: SubscriptionFilter) =>
      pageOf(db, subscriptions, tenantId, page, [
        filter.customerId === undefined ? undefined : eq(subscriptions.customerId, filter.customerId),
        filter.status === undefined ? undefined : eq(subscriptions.status, filter.status),
        filter.externalId === undefined ? undefined : eq(subscriptions.externalId, filter.externalId),
      ]),

    /** Subscriptions that run on an older version of a plan, and are not to change to this one yet; the first ones behind an id. */
    async onOlderVersions(
      planId: string,
      version: number,
      { ids, after, limit }: { ids: readonly string[] | null; after: string | null; limit: number },
    ): Promise<SubscriptionRow[]> {
      const wanted = sql`(SELECT value FROM json_each(${JSON.stringify(ids ?? [])}))`
      return db
        .select()
        .from(subscriptions)
        .where(
          and(
            mine,
            eq(subscriptions.planId, planId),
            lt(subscriptions.planVersion, version),
            inArray(subscriptions.status, [...RUNNING, "Paused"]),
            ids === null ? undefined : sql`${subscriptions.id} IN ${wanted}`,
            after === null ? undefined : gt(subscriptions.id, after),
          ),
        )
        .orderBy(asc(subscriptions.id))
        .limit(limit)
    },

    /** The ids of subscriptions that can take usage now, of all customers, the first ones after an id. */
    async runningAfter(id: string | null, limit: number): Promise<string[]> {
      const after = id === null ? undefined : gt(subscriptions.id, id)
      const rows = await db
        .select({ id: subscriptions.id })
        .from(subscriptions)
        .where(and(mine, after, inArray(subscriptions.status, TAKING_USAGE)))
        .orderBy(asc(subscriptions.id))
        .limit(limit)
      return rows.map((row) => row.id)
    },

    /** The subscriptions of a customer that events are for which name none, oldest first. */
    running(customerId: string, limit: number): Promise<SubscriptionRow[]> {
      const states = inArray(subscriptions.status, RUNNING)
      return db
        .select()
        .from(subscriptions)
        .where(and(mine, eq(subscriptions.customerId, customerId), states))
        .orderBy(asc(subscriptions.id))
        .limit(limit)
    },
  }
}

type Sold = Pick<Segment, "planId" | "planVersion">

function nameOf({ planId, planVersion }: Sold): string {
  return `${planId}:${planVersion}`
}
