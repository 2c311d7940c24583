// The OpenAPI document of an app, generated from its routes: 3.0.3 for the generators that know no other, and 3.1.
// Law: what is in the document works, and what works is in it.

import { limits } from "../limits.ts"
import type { Api } from "./app.ts"
import { withCommonParts } from "./shared/document.ts"
import { withTypedNulls } from "./shared/nullable.ts"

const DESCRIPTION = `Usage-based billing: meter, price, invoice and account.

**Money** is a decimal string of a whole number at scale 12, in fields that end in \`_nanos\`: \`"1000000000000"\` is one unit of the currency.
Payable amounts are whole minor units of it. Quantities and usage values are decimal strings.

**Lists** are bare arrays, newest first; \`?limit=\` (1–${limits.pageSizeMax}, default ${limits.pageSize}) and \`?cursor=\` page through them, and a \`Link\` header
says where the next page is.

**Errors** are RFC 9457 problems. Branch on \`code\`, show \`detail\`, and quote \`request_id\` when you report one.
A path that has other methods than the one you sent answers 405 and names them in \`Allow\`.

**Idempotency**: send an \`Idempotency-Key\` with any call that changes something. A repeat within 24 hours gets the stored answer with
\`X-Idempotency-Replayed: true\`. Only answers whose effect was committed are stored: a failed request does not burn its key.`

const TAGS = [
  [
    "Tenants",
    "A tenant is one business that bills its customers. The root key of a deployment creates them.",
  ],
  ["API keys", "Credentials of a tenant, with scopes."],
  ["Test clock", "Time travel for test tenants."],
  ["Customers", "Who is billed, and how they belong together."],
  ["Alerts", "What a customer may spend, and what happens beyond it."],
  ["Catalog", "Products, plans and SKUs: what is sold and for how much."],
  ["Subscriptions", "A customer's plan over time."],
  ["Usage", "Events in, exact totals out."],
  ["Invoices", "Drafted from usage and terms, finalized with a number."],
  ["Ledger", "Double entry: accounts, entries, receivables, revenue, and an audit."],
  ["Audit", "Who changed what, when."],
  ["Payouts", "Money that is owed to customers, on its way to them."],
  ["Payments", "Money that comes in and goes back, and what happens when it does not come."],
  ["Webhooks", "What happens, told to your own servers and as a list."],
  ["Jobs", "The agenda: what happens by itself."],
  ["Service", "Health and documents."],
] as const

function info() {
  return {
    info: {
      title: "Ledgerline",
      version: "0.1.0",
      description: DESCRIPTION,
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    servers: [{ url: "/", description: "This deployment." }],
    tags: TAGS.map(([name, description]) => ({ name, description })),
  }
}

export function document30(api: Api): object {
  return withTypedNulls(withCommonParts(api.getOpenAPIDocument({ openapi: "3.0.3", ...info() })))
}

export function document31(api: Api): object {
  return withCommonParts(api.getOpenAPI31Document({ openapi: "3.1.0", ...info() }))
}
