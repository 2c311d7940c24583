// Which commitments a bill of a subscription may draw from, and what other bills have left of them. Writes nothing.
// Law: what was left is held until the bill is committed, so two bills never draw the same money.

import { holdContract } from "../db/contracts.ts"
import type { Guarded } from "../db/database.ts"
import { CONTRACT_LINE, partsOf, type PhasePart } from "../domain/contract-due.ts"
import type { LinkedContract, Pool } from "../db/readers/contracts.ts"
import { NO_POOL } from "../db/readers/contracts.ts"
import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { InvoiceLineRow } from "../db/rows.ts"
import type { Charge } from "../domain/charges.ts"
import type { Commitment } from "../domain/commitment.ts"
import { drawKey } from "../domain/commitment.ts"
import { windowOf } from "../domain/contract-spans.ts"
import { minor, type Minor } from "../domain/money.ts"
import type { Period } from "../domain/period.ts"
import type { Interval } from "../domain/proration.ts"
import { overlap } from "../domain/proration.ts"
import { spentOf } from "./contract-usage.ts"
import type { Scope } from "./scope.ts"

export type CommitmentsFor = {
  /** All charges of the bill; usage among them is decided anew, on whatever invoices it stands. */
  readonly charges: readonly Charge[]
  /** The billing periods that they are of. */
  readonly periods: readonly Period[]
  /** The draft that is recomputed, if one is, with its lines as they are so far: other subscriptions may have lines on it. */
  readonly draft: { readonly id: string; readonly lines: readonly InvoiceLineRow[] } | null
}

export type Commitments = {
  /** In the order in which usage draws: for `drawDown`, period by period. */
  readonly commitments: readonly Commitment[]
  readonly guards: readonly Guarded[]
}

const NONE: Commitments = { commitments: [], guards: [] }

export async function commitmentsOf(
  scope: Scope,
  terms: SubscriptionTerms,
  input: CommitmentsFor,
): Promise<Commitments> {
  let all = NONE
  for (const [at, linked] of terms.contracts.entries()) {
    const found = await commitmentsUnder(scope, terms, input, linked, windowOf(terms.contracts, at))
    all = {
      commitments: [...all.commitments, ...found.commitments],
      guards: [...all.guards, ...found.guards],
    }
  }
  return all
}

type Open = PhasePart & { readonly window: Interval; readonly pool: Pool }

async function commitmentsUnder(
  scope: Scope,
  { subscription }: SubscriptionTerms,
  input: CommitmentsFor,
  { current }: LinkedContract,
  window: Interval,
): Promise<Commitments> {
  const parts = partsOf(current, current.currency).flatMap((part) => {
    const mine = overlap(part.within, window)
    if (mine === null || !input.periods.some((period) => overlap(mine, period) !== null)) return []
    return [{ ...part, window: mine }]
  })
  if (parts.length === 0) return NONE
  const drawKeys = parts.flatMap(({ sourceId }) =>
    input.periods.map(({ start }) => drawKey(subscription.id, sourceId, start)),
  )
  const pools = await poolsOf(scope, parts, drawKeys, input.draft)
  const open = parts.map((part): Open => ({ ...part, pool: pools.get(part.sourceId) ?? NO_POOL }))
  const skuIds = await skusOf(scope, open, input.charges)
  const commitments = await Promise.all(
    open.map((part) => commitmentFrom(scope, current.name, part, open, skuIds, input)),
  )
  // Nothing can be drawn from a phase that is billed as it runs: its bills need not wait for each other.
  const isContested = open.some(({ phase, within }) => phase.billing === "Upfront" || within.end <= scope.now)
  if (!isContested) return { commitments, guards: [] }
  const { platform, tenant } = scope
  return { commitments, guards: [holdContract(platform.db, tenant.id, current, tokenOf(scope))] }
}

async function commitmentFrom(
  scope: Scope,
  contractName: string,
  part: Open,
  all: readonly Open[],
  skuIds: Tagged,
  { charges }: CommitmentsFor,
): Promise<Commitment> {
  const { phase, commitment, pool, committed, sourceId, window } = part
  const isUpfront = phase.billing === "Upfront"
  const whole = isUpfront ? committed : pool.invoiced
  return {
    sourceId,
    description: `Commitment of ${contractName}, phase ${phase.phase}`,
    within: window,
    skuIds: commitment.productTag === null ? null : (skuIds.get(commitment.productTag) ?? new Set()),
    unpaid: isUpfront || whole <= 0n ? minor(0n) : await unpaidOf(scope, part, all, charges),
    left: positive(whole - pool.drawn),
  }
}

/** What of a commitment that was trued up is paid as usage comes, and isn't yet: what was invoiced is not for that. */
async function unpaidOf(
  scope: Scope,
  part: Open,
  all: readonly Open[],
  charges: readonly Charge[],
): Promise<Minor> {
  const { sourceId, phase, pool, committed } = part
  const root = sourceId.slice(0, sourceId.indexOf(":"))
  const keys = charges.map(({ lineKey }) => lineKey)
  const siblings = all.filter((other) => other.phase === phase)
  const spent = (await spentOf(scope, root, siblings, keys)).get(sourceId) ?? 0n
  return positive(committed - pool.invoiced - spent)
}

function positive(amount: bigint): Minor {
  return minor(amount > 0n ? amount : 0n)
}

/** SKUs of the charges by the tags of their products, as they are now. */
type Tagged = ReadonlyMap<string, ReadonlySet<string>>

async function skusOf(scope: Scope, parts: readonly Open[], charges: readonly Charge[]): Promise<Tagged> {
  const tags = new Set(parts.flatMap(({ commitment }) => commitment.productTag ?? []))
  const ids = [...new Set(charges.flatMap(({ skuId }) => skuId ?? []))]
  const found = Array.from(
    tags,
    async (tag) => [tag, await scope.read.contracts.taggedSkus(ids, tag)] as const,
  )
  return new Map(await Promise.all(found))
}

async function poolsOf(
  scope: Scope,
  parts: readonly PhasePart[],
  exceptKeys: readonly string[],
  draft: CommitmentsFor["draft"],
): Promise<ReadonlyMap<string, Pool>> {
  const sourceIds = parts.map(({ sourceId }) => sourceId)
  const stored = await scope.read.contracts.pools(sourceIds, exceptKeys, draft?.id ?? null)
  const pools = new Map(stored)
  for (const { sourceId, lineKey, kind, amountMinor } of draft?.lines ?? []) {
    if (sourceId === null || kind !== "Commitment" || exceptKeys.includes(lineKey)) continue
    const { invoiced, drawn } = pools.get(sourceId) ?? NO_POOL
    const isOwn = lineKey.startsWith(CONTRACT_LINE)
    pools.set(sourceId, {
      invoiced: minor(invoiced + (isOwn ? amountMinor : 0n)),
      drawn: minor(drawn - (isOwn ? 0n : amountMinor)),
    })
  }
  return pools
}

const tokens = new WeakMap<Scope, string>()

/** One for all bills of a request or job: they may be committed together. */
function tokenOf(scope: Scope): string {
  const token = tokens.get(scope) ?? scope.newId()
  tokens.set(scope, token)
  return token
}
