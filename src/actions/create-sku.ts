// Adds a SKU, a price, to a plan.

import type { PlanWithTerms } from "../db/readers/catalog.ts"
import type { SkuRow } from "../db/rows.ts"
import { skus } from "../db/schema.ts"
import type { SkuTerms } from "../domain/catalog.ts"
import type { Currency } from "../domain/currency.ts"
import { err, ok } from "../domain/result.ts"
import { skuFieldsOf } from "../domain/sku-changes.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { refuseArchived } from "./find-catalog.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, missing, refusal } from "./refusal.ts"
import { revisePlan } from "./revise-plan.ts"
import type { Scope } from "./scope.ts"

export type NewSku = {
  readonly planId: string
  readonly name: string
  readonly currency: Currency
  readonly terms: SkuTerms
}

export async function createSku(scope: Scope, input: NewSku, reply: Reply<SkuRow>): Promise<Outcome<SkuRow>> {
  const id = scope.newId()
  return act(
    scope,
    async () => {
      const plan = await scope.read.catalog.plan(input.planId)
      if (plan === null) return err(missing("plan_id", "plan"))
      const refused = await refuse(scope, plan, input)
      if (refused !== null) return err(refused)
      const { revised, guards, writes } = revisePlan(scope, plan, {})
      const row: SkuRow = {
        ...input,
        id,
        tenantId: scope.tenant.id,
        fromVersion: revised.plan.currentVersion,
        toVersion: null,
        archivedAt: null,
        createdAt: scope.now,
      }
      return ok({
        value: row,
        commit: {
          guards,
          writes: [...writes, scope.write.insert(skus, row)],
          audit: [{ action: "sku.created", subjectType: "Sku", subjectId: id, after: skuState(row) }],
        },
      })
    },
    reply,
  )
}

async function refuse(scope: Scope, found: PlanWithTerms, sku: NewSku): Promise<Refusal | null> {
  const { plan } = found
  const refused = refuseArchived(plan) ?? refusePaidOut(found, sku)
  if (refused !== null) return refused
  const present = await scope.read.catalog.skusAt(plan.id, plan.currentVersion)
  if (present.length >= limits.skusPerPlan) {
    return refusal("invalid_state", `A plan has at most ${limits.skusPerPlan} SKUs.`)
  }
  return refuseBeside(present, sku)
}

/** What is paid out is agreed beforehand: nobody is paid for using a service. */
export function refusePaidOut(
  { terms: plan }: PlanWithTerms,
  { terms }: Pick<SkuRow, "terms">,
): Refusal | null {
  if (plan.terms.direction !== "Payout") return null
  if (terms.meter !== null) return invalid("meter_event_type", "A plan that pays out has no metered SKUs.")
  const { model } = terms.price
  if (model === "Flat" || model === "PerUnit") return null
  return invalid("pricing_model", `The SKUs of a plan that pays out are Flat or PerUnit, not ${model}.`)
}

type Beside = Pick<SkuRow, "currency" | "terms">

/** An invoice has one currency, and so have the prices of a plan; and a meter keeps the terms of all of them in one value. */
export function refuseBeside(others: readonly Beside[], { currency, terms }: Beside): Refusal | null {
  const all = [...others.map((sku) => sku.terms), terms]
  if (JSON.stringify(all).length > limits.planTermsCharacters) {
    const most = `at most ${limits.planTermsCharacters} characters of prices and filters`
    return refusal("invalid_state", `The SKUs of a plan have ${most}, as JSON.`)
  }
  const other = others.find((sku) => sku.currency !== currency)
  if (other === undefined) return null
  const message = `The SKUs of this plan are priced in ${other.currency}, not in ${currency}.`
  return refusal("currency_mismatch", message, [{ path: "currency", message }])
}

/** A SKU as the audit trail keeps it. */
export function skuState(row: SkuRow) {
  return {
    plan_id: row.planId,
    plan_version: row.fromVersion,
    name: row.name,
    currency: row.currency,
    ...skuFieldsOf(row.terms),
  }
}
