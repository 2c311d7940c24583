// Makes a contract: a draft, with all that was agreed on. It holds nobody to anything until it is activated.

import type { ContractRow, CustomerRow } from "../db/rows.ts"
import { contracts, customers } from "../db/schema.ts"
import type { ContractTerms } from "../domain/contract.ts"
import { dateOf, lastDateBefore } from "../domain/contract.ts"
import { contractFaults } from "../domain/contract-fields.ts"
import type { Currency } from "../domain/currency.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { findCustomer } from "./find.ts"
import { contractSubject } from "./find-contract.ts"
import type { Fault, Refusal } from "./refusal.ts"
import { invalidFields, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type NewContract = {
  readonly customerId: string
  readonly name: string
  readonly startAt: Instant
  /** Where the last day ends. */
  readonly endAt: Instant
  /** Null: the customer's. */
  readonly currency: Currency | null
  readonly terms: ContractTerms
  readonly externalId: string | null
  readonly metadata: Readonly<Record<string, string>>
}

export async function createContract(
  scope: Scope,
  input: NewContract,
  reply: Reply<ContractRow>,
): Promise<Outcome<ContractRow>> {
  const id = scope.newId()
  return act(
    scope,
    async () => {
      const customer = await findCustomer(scope, input.customerId)
      if (!customer.ok) {
        const { code, detail } = customer.error
        return err(refusal(code, detail, [{ path: "customer_id", message: detail }]))
      }
      const fault =
        refuse(input, customer.value) ?? (await refuseTerms(scope, input, customer.value.billingCurrency))
      if (fault !== null) return err(fault)
      const row = newRow(scope, id, input, customer.value.billingCurrency)
      return ok({
        value: row,
        commit: {
          guards: [scope.write.update(customers, customer.value.id, customer.value.version, {})],
          writes: [scope.write.insert(contracts, row)],
          audit: [{ action: "contract.created", ...contractSubject(row), after: contractState(row) }],
        },
      })
    },
    reply,
  )
}

function refuse({ currency }: NewContract, customer: CustomerRow): Refusal | null {
  if (customer.status === "Closed") return refusal("invalid_state", "The customer is Closed.")
  if ((currency ?? customer.billingCurrency) === customer.billingCurrency) return null
  const message = `The customer is billed in ${customer.billingCurrency}, not in ${currency}.`
  return refusal("currency_mismatch", message, [{ path: "currency", message }])
}

type Agreed = Pick<NewContract, "startAt" | "endAt" | "terms">

/** What is wrong with the fields of a contract, SKUs that don't exist included. */
export async function refuseTerms(
  scope: Scope,
  { startAt, endAt, terms }: Agreed,
  currency: Currency,
): Promise<Refusal | null> {
  const faults = contractFaults({ startAt, endAt, currency, terms })
  if (faults.length > 0) return invalidFields(faults)
  const unknown = await unknownSkus(scope, terms)
  return unknown.length === 0 ? null : invalidFields(unknown)
}

async function unknownSkus(scope: Scope, { phases, escalation }: ContractTerms): Promise<Fault[]> {
  const named = phases.flatMap(({ overrides }, phase) =>
    overrides.map(({ skuId }, at) => ({ path: `terms.${phase}.overrides.${at}.sku_id`, skuId })),
  )
  const all = [...named, { path: "escalation.sku_id", skuId: escalation?.skuId ?? null }]
  const ids = new Set(all.flatMap(({ skuId }) => skuId ?? []))
  const found = await scope.read.contracts.knownSkus([...ids])
  return all.flatMap(({ path, skuId }) =>
    skuId === null || found.has(skuId) ? [] : [{ path, message: "There is no such SKU." }],
  )
}

function newRow(scope: Scope, id: string, input: NewContract, currency: Currency): ContractRow {
  return {
    id,
    tenantId: scope.tenant.id,
    externalId: input.externalId,
    customerId: input.customerId,
    name: input.name,
    status: "Draft",
    currency,
    startAt: input.startAt,
    endAt: input.endAt,
    terms: input.terms,
    parentContractId: null,
    rootContractId: id,
    activatedAt: null,
    endedAt: null,
    endedReason: null,
    drawToken: null,
    metadata: input.metadata,
    version: 1,
    createdAt: scope.now,
  }
}

/** A contract as the audit trail keeps it. */
export function contractState({ name, status, startAt, endAt, terms }: ContractRow) {
  return { name, status, start_date: dateOf(startAt), end_date: lastDateBefore(endAt), terms }
}
