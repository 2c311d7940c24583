// POST and GET /v1/customers, GET and DELETE /v1/customers/{guid}, /v1/plans/{guid}/customers
// A customer of Billy's has a name at the processor and nothing else; what the core wants besides is made up.

import { createCustomer } from "../actions/create-customer.ts"
import { customerAtProcessor, knowsCustomer } from "../actions/customer-at-processor.ts"
import { findCustomer } from "../actions/find.ts"
import type { Scope } from "../actions/scope.ts"
import { updateCustomer } from "../actions/update-customer.ts"
import type { CustomerRow } from "../db/rows.ts"
import { limits } from "../limits.ts"
import type { Api } from "./door.ts"
import { DomainError, FrameError, notAUri } from "./errors.ts"
import { anyText, readForm } from "./form.ts"
import { guidOf } from "./guid.ts"
import { answer, collection, entity, nested, unwrap } from "./http.ts"
import { list } from "./lists.ts"
import { USD } from "./money.ts"
import type { Json } from "./print.ts"
import { isoDate } from "./print.ts"

const FORM = { processor_uri: anyText }

export function register(api: Api): void {
  collection(api, "customer", {
    GET: (c, { read }) =>
      list(c, ["processor_uri"], async (slice, { processor_uri: uri }) =>
        (await read.companies.customers(slice, uri)).map(customerJson),
      ),
    async POST(c, scope) {
      const { processor_uri: uri } = await readForm(c, FORM)
      return answer(c, customerJson(await create(scope, uri)))
    },
  })

  entity(api, "customer", {
    GET: async (c, scope, id) => answer(c, customerJson(unwrap(await findCustomer(scope, id)))),
    DELETE: async (c, scope, id) => answer(c, customerJson(await remove(scope, id))),
  })

  nested(api, "plan", "customers", (c, { read }, id) =>
    list(c, ["processor_uri"], async (slice, { processor_uri: uri }) =>
      (await read.companies.planCustomers(id, slice, uri)).map(customerJson),
    ),
  )
}

async function create(scope: Scope, uri: string | null): Promise<CustomerRow> {
  const id = scope.newId()
  const displayName = guidOf("customer", id)
  const its = { id, displayName, email: `${displayName}@customers.invalid` }
  const processorRef = uri === null ? await made(scope, its) : await known(scope, uri)
  return unwrap(await createCustomer(scope, { ...BLANK, ...its, processorRef }, null))
}

async function made(scope: Scope, its: Pick<CustomerRow, "id" | "displayName" | "email">): Promise<string> {
  return `/v1/customers/${unwrap(await customerAtProcessor(scope, its))}`
}

/** A name that was sent, if the processor has a customer under it. */
async function known(scope: Scope, uri: string): Promise<string> {
  if (!uri.startsWith("/"))
    throw notAUri("customer processor_uri", "/v1/customers/CUXXXXXXXXXXXXXXXXXXXXXX", uri)
  const isShort = uri.length <= limits.methodRefLength
  if (isShort && unwrap(await knowsCustomer(scope, uri))) return uri
  throw new DomainError("InvalidCustomer", `Failed to validate customer: the processor has no ${uri}`)
}

const BLANK = {
  externalId: null,
  legalName: null,
  accountType: "Individual",
  parentId: null,
  consolidation: "Standalone",
  billingCurrency: USD,
  paymentTermsDays: 0,
  taxId: null,
  billingAddress: null,
  billToId: null,
  metadata: {},
} as const

async function remove(scope: Scope, id: string): Promise<CustomerRow> {
  const customer = unwrap(await findCustomer(scope, id))
  if (isDeleted(customer)) throw new FrameError(400, `Customer ${guidOf("customer", id)} was already deleted`)
  return unwrap(await updateCustomer(scope, id, { status: "Suspended" }, null))
}

export function isDeleted({ status }: CustomerRow): boolean {
  return status !== "Active"
}

function customerJson(customer: CustomerRow): Json {
  const at = isoDate(customer.createdAt)
  return {
    guid: guidOf("customer", customer.id),
    processor_uri: customer.processorRef,
    company_guid: guidOf("company", customer.tenantId),
    deleted: isDeleted(customer),
    created_at: at,
    updated_at: at,
  }
}
