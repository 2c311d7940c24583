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
import type { PlanVersionRow, SubscriptionRow } from "../rows.ts"
import { subscriptions } from "../schema.ts"
import type { BilledLine } from "./billed-usage.ts"
import { billedUsageReader } from "./billed-usage.ts"
import { budgetReader } from "./budgets.ts"
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
  /** What limits its spend: the alerts and the credit of its customer, and of those whom the customer consolidates to. */
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

type Version = { readonly plan: PlanVersionRow; readonly skus: readonly RatedSku[] }

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
    return (
      (await db
        .select()
        .from(subscriptions)
        .where(and(mine, eq(subscriptions.id, id)))
        .get()) ?? null
    )
  }

  async function versionOf(planId: string, planVersion: number): Promise<Version | null> {
    const [found, skus] = await Promise.all([
      catalog.plan(planId, planVersion),
      catalog.skusAt(planId, planVersion),
    ])
    return found === null ? null : { plan: found.terms, skus }
  }

  /** `joined`: contracts that it is about to come under. */
  async function termsOf(
    subscription: SubscriptionRow,
    joined: readonly LinkedContract[] = [],
  ): Promise<SubscriptionTerms | null> {
    const segments = segmentsOf(subscription)
    const versions = new Map<string, Promise<Version | null>>()
    for (const { planId, planVersion } of [subscription, ...segments]) {
      const name = `${planId}:${planVersion}`
      if (!versions.has(name)) versions.set(name, versionOf(planId, planVersion))
    }
    const versionAt = async ({ planId, planVersion }: Pick<Segment, "planId" | "planVersion">) =>
      (await versions.get(`${planId}:${planVersion}`)) ?? null
    const [current, sold, links, alerts, credit, drafted, billed] = await Promise.all([
      versionAt(subscription),
      Promise.all(segments.map(async (segment) => ({ segment, version: await versionAt(segment) }))),
      contracting.linksOf(subscription.id),
      limiting.over(subscription.customerId),
      crediting.over(subscription.customerId, subscription.currency),
      late.drafted(subscription.id),
      billedUsage.of(subscription),
    ])
    if (current === null) return null
    const budgets = [...alerts, ...credit]
    const known = sold.flatMap(({ segment, version }) => (version === null ? [] : [{ segment, ...version }]))
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
