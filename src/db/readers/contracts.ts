// Reads contracts, their chains, who is under them, and what was invoiced for and drawn from their commitments, of one tenant.

import { and, asc, eq, getTableColumns, isNotNull, sql } from "drizzle-orm"
import type { UsageAmount } from "../../domain/commitment.ts"
import type { ContractStatus } from "../../domain/contract.ts"
import { CONTRACT_LINE } from "../../domain/contract-due.ts"
import type { ContractLink } from "../../domain/contract-spans.ts"
import type { Minor } from "../../domain/money.ts"
import { minor } from "../../domain/money.ts"
import type { Interval } from "../../domain/proration.ts"
import type { Instant } from "../../domain/time.ts"
import { LATEST } from "../../domain/time.ts"
import type { Database } from "../database.ts"
import type { Read } from "../together.ts"
import { reading } from "../together.ts"
import type { ContractRow, ContractSubscriptionRow, SubscriptionRow } from "../rows.ts"
import { contracts, contractSubscriptions, subscriptions } from "../schema.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

export type ContractFilter = {
  readonly customerId?: string | undefined
  readonly status?: ContractStatus | undefined
  readonly externalId?: string | undefined
}

export type ContractMember = {
  readonly link: ContractSubscriptionRow
  readonly subscription: SubscriptionRow
}

/** A chain that a subscription is or was under; `current` is its newest contract that was activated. */
export type LinkedContract = ContractLink & { readonly current: ContractRow }

/** `invoiced`: by the contract's own invoices. `drawn`: by usage. */
export type Pool = { readonly invoiced: Minor; readonly drawn: Minor }

export const NO_POOL: Pool = { invoiced: minor(0n), drawn: minor(0n) }

/** What a waived invoice charged is never charged again, so it counts as what it was: else a true-up would charge it after all. */
const STANDING = sql`(i.status <> 'Void' OR i.waived = 1)`

export function contractReader(db: Database, tenantId: string) {
  const mine = eq(contracts.tenantId, tenantId)
  const linksMine = eq(contractSubscriptions.tenantId, tenantId)
  const listed = (values: readonly string[]) => sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`

  return {
    async byId(id: string): Promise<ContractRow | null> {
      const where = and(mine, eq(contracts.id, id))
      return (await db.select().from(contracts).where(where).get()) ?? null
    },

    list: (page: Page, filter: ContractFilter) =>
      pageOf(db, contracts, tenantId, page, [
        filter.customerId === undefined ? undefined : eq(contracts.customerId, filter.customerId),
        filter.status === undefined ? undefined : eq(contracts.status, filter.status),
        filter.externalId === undefined ? undefined : eq(contracts.externalId, filter.externalId),
      ]),

    /** The contracts of a chain, the first one first. */
    chain(rootContractId: string): Promise<ContractRow[]> {
      return db
        .select()
        .from(contracts)
        .where(and(mine, eq(contracts.rootContractId, rootContractId)))
        .orderBy(asc(contracts.createdAt), asc(contracts.id))
    },

    /** The subscriptions of a chain, in the order in which they came to it. */
    members(rootContractId: string, limit: number): Promise<ContractMember[]> {
      return db
        .select({
          link: getTableColumns(contractSubscriptions),
          subscription: getTableColumns(subscriptions),
        })
        .from(contractSubscriptions)
        .innerJoin(
          subscriptions,
          and(
            eq(subscriptions.tenantId, contractSubscriptions.tenantId),
            eq(subscriptions.id, contractSubscriptions.subscriptionId),
          ),
        )
        .where(and(linksMine, eq(contractSubscriptions.rootContractId, rootContractId)))
        .orderBy(asc(contractSubscriptions.linkedAt), asc(contractSubscriptions.subscriptionId))
        .limit(limit)
    },

    /** The chains that a subscription was, is and will be under, in order of time. Nearly always none: one look into an index. */
    linksOf(subscriptionId: string): Read<LinkedContract[]> {
      const rows = db
        .select({ fromAt: contractSubscriptions.fromAt, contract: getTableColumns(contracts) })
        .from(contractSubscriptions)
        .innerJoin(
          contracts,
          and(
            eq(contracts.tenantId, contractSubscriptions.tenantId),
            eq(contracts.rootContractId, contractSubscriptions.rootContractId),
          ),
        )
        .where(
          and(
            linksMine,
            eq(contractSubscriptions.subscriptionId, subscriptionId),
            isNotNull(contracts.activatedAt),
          ),
        )
        .orderBy(asc(contractSubscriptions.fromAt), asc(contracts.createdAt), asc(contracts.id))
      return reading(rows, chainsOf)
    },

    /** What stands on invoices that are not void, or are waived, for each commitment, but for lines that are being decided anew and one invoice. */
    async pools(
      sourceIds: readonly string[],
      exceptKeys: readonly string[],
      exceptInvoiceId: string | null,
    ): Promise<Map<string, Pool>> {
      const rows = await db.all<{ source_id: string; invoiced: string; drawn: string }>(sql`
        SELECT l.source_id,
          CAST(SUM(CASE WHEN l.line_key GLOB ${`${CONTRACT_LINE}*`} THEN l.amount_minor ELSE 0 END) AS TEXT) AS invoiced,
          CAST(SUM(CASE WHEN l.line_key GLOB ${`${CONTRACT_LINE}*`} THEN 0 ELSE -l.amount_minor END) AS TEXT) AS drawn
        FROM invoice_lines AS l
        JOIN invoices AS i ON i.tenant_id = l.tenant_id AND i.id = l.invoice_id
        WHERE l.tenant_id = ${tenantId} AND l.source_id IN ${listed(sourceIds)} AND l.kind = 'Commitment'
          AND ${STANDING} AND i.type = 'Standard' AND l.line_key NOT IN ${listed(exceptKeys)}
          AND i.id IS NOT ${exceptInvoiceId}
        GROUP BY l.source_id`)
      return new Map(
        rows.map((row) => [
          row.source_id,
          { invoiced: minor(BigInt(row.invoiced)), drawn: minor(BigInt(row.drawn)) },
        ]),
      )
    },

    /** What the usage of a chain's subscriptions came to whose time begins within an interval, by SKU. */
    async usage(
      rootContractId: string,
      within: Interval,
      exceptKeys: readonly string[],
    ): Promise<UsageAmount[]> {
      const rows = await db.all<{ sku_id: string; amount: string }>(sql`
        SELECT l.sku_id, CAST(SUM(l.amount_minor) AS TEXT) AS amount
        FROM contract_subscriptions AS m
        JOIN invoice_lines AS l ON l.tenant_id = m.tenant_id AND l.subscription_id = m.subscription_id
        JOIN invoices AS i ON i.tenant_id = l.tenant_id AND i.id = l.invoice_id
        WHERE m.tenant_id = ${tenantId} AND m.root_contract_id = ${rootContractId}
          AND l.usage_ranges IS NOT NULL AND l.sku_id IS NOT NULL
          AND l.service_start >= MAX(m.from_at, ${within.start}) AND l.service_start < ${within.end}
          AND l.service_start < COALESCE((
            SELECT MIN(n.from_at) FROM contract_subscriptions AS n
            WHERE n.tenant_id = m.tenant_id AND n.subscription_id = m.subscription_id AND n.from_at > m.from_at
          ), ${LATEST})
          AND ${STANDING} AND i.type = 'Standard' AND l.line_key NOT IN ${listed(exceptKeys)}
        GROUP BY l.sku_id ORDER BY l.sku_id`)
      return rows.map((row) => ({ skuId: row.sku_id, amount: minor(BigInt(row.amount)) }))
    },

    /** Whether a draft has usage of a chain's subscriptions whose time begins within an interval. */
    async hasDraftUsage(rootContractId: string, within: Interval): Promise<boolean> {
      const rows = await db.all(sql`
        SELECT 1 FROM contract_subscriptions AS m
        JOIN invoice_lines AS l ON l.tenant_id = m.tenant_id AND l.subscription_id = m.subscription_id
        JOIN invoices AS i ON i.tenant_id = l.tenant_id AND i.id = l.invoice_id
        WHERE m.tenant_id = ${tenantId} AND m.root_contract_id = ${rootContractId}
          AND l.usage_ranges IS NOT NULL
          AND l.service_start >= MAX(m.from_at, ${within.start}) AND l.service_start < ${within.end}
          AND i.status = 'Draft' AND i.type = 'Standard'
        LIMIT 1`)
      return rows.length > 0
    },

    /** Which of these SKUs there are. */
    async knownSkus(skuIds: readonly string[]): Promise<Set<string>> {
      const rows = await db.all<{ id: string }>(
        sql`SELECT DISTINCT id FROM skus WHERE tenant_id = ${tenantId} AND id IN ${listed(skuIds)}`,
      )
      return new Set(rows.map(({ id }) => id))
    },

    /** The tags of the products of plans. */
    async planTags(planIds: readonly string[]): Promise<Map<string, readonly string[]>> {
      const rows = await db.all<{ id: string; tags: string }>(sql`
        SELECT p.id, r.tags FROM plans AS p JOIN products AS r ON r.tenant_id = p.tenant_id AND r.id = p.product_id
        WHERE p.tenant_id = ${tenantId} AND p.id IN ${listed(planIds)}`)
      return new Map(rows.map(({ id, tags }) => [id, JSON.parse(tags) as string[]]))
    },

    /** The SKUs of all plans whose product has a tag, of some SKUs. */
    async taggedSkus(skuIds: readonly string[], productTag: string): Promise<Set<string>> {
      const rows = await db.all<{ id: string }>(sql`
        SELECT DISTINCT s.id FROM skus AS s
        JOIN plans AS p ON p.tenant_id = s.tenant_id AND p.id = s.plan_id
        JOIN products AS r ON r.tenant_id = p.tenant_id AND r.id = p.product_id
        WHERE s.tenant_id = ${tenantId} AND s.id IN ${listed(skuIds)}
          AND EXISTS (SELECT 1 FROM json_each(r.tags) WHERE value = ${productTag})`)
      return new Set(rows.map(({ id }) => id))
    },
  }
}

type Linked = { readonly fromAt: Instant; readonly contract: ContractRow }

function chainsOf(rows: readonly Linked[]): LinkedContract[] {
  const chains = Map.groupBy(rows, ({ contract }) => contract.rootContractId)
  return [...chains.values()].flatMap((chain) => {
    const [first, last] = [chain[0], chain.at(-1)]
    if (first === undefined || last === undefined) return []
    return [{ fromAt: first.fromAt, chain: chain.map(({ contract }) => contract), current: last.contract }]
  })
}
