// `LEDGERLINE_KEY=… npm run audit-ledger [-- --url <address>]`: has the ledger of a tenant audited, all customers, and tells each
// difference. Ends with 1 where there are some.

import { parseArgs } from "node:util"

type Difference = {
  readonly check: string
  readonly customer_id: string | null
  readonly currency: string
  readonly account: string | null
  readonly expected_nanos: string
  readonly actual_nanos: string
}

type Page = { readonly customers: number; readonly differences: readonly Difference[] }

const { values } = parseArgs({ options: { url: { type: "string", default: "http://127.0.0.1:8787" } } })
const key = process.env["LEDGERLINE_KEY"]
if (key === undefined) fail("Set LEDGERLINE_KEY to a key of the tenant with the scope ledger:read.")

try {
  const { customers, differences } = await audit(new URL("/admin/v1/ledger/audit?limit=100", values.url), key)
  for (const found of differences) console.log(textOf(found))
  const outcome = differences.length === 0 ? "Everything agrees." : `${differences.length} differences.`
  console.log(`${customers} customers. ${outcome}`)
  if (differences.length > 0) process.exitCode = 1
} catch (error) {
  fail(`The ledger can't be audited: ${error instanceof Error ? error.message : String(error)}`)
}

/** All pages, one after the other: each is a heavy reading. */
async function audit(first: URL, secret: string): Promise<Page> {
  const differences: Difference[] = []
  let customers = 0
  for (let at: URL | null = first; at !== null;) {
    const answer: Response = await fetch(at, { headers: { Authorization: `Bearer ${secret}` } })
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
    const page = (await answer.json()) as Page
    customers += page.customers
    differences.push(...page.differences)
    const next = /<([^>]+)>; rel="next"/.exec(answer.headers.get("Link") ?? "")?.[1]
    // The key goes to nobody but who it was meant for.
    at = next === undefined ? null : new URL(new URL(next).search, first)
  }
  return { customers, differences }
}

function textOf({ check, customer_id, currency, account, expected_nanos, actual_nanos }: Difference): string {
  const whose =
    customer_id === null ? `all customers, ${account ?? "all accounts"}` : `customer ${customer_id}`
  return `${check}: ${whose}, ${currency}: ${actual_nanos} nanos instead of ${expected_nanos}`
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
