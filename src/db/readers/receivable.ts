// `amountLeft` and `amountDue` of the domain, as SQL over invoices.

import type { SQL } from "drizzle-orm"
import { sql } from "drizzle-orm"

/** What is left of an invoice's total; below zero where more came than was owed. `t`: the alias of the invoices. */
export function leftOf(t: "i" | "invoices"): SQL {
  const column = (name: string) => sql.raw(`${t}.${name}`)
  return sql`(${column("total_minor")} - COALESCE(${column("credited_minor")}, 0)
    - ${column("paid_minor")} - ${column("drawn_minor")})`
}

/** What is due on an open invoice. */
export function dueOf(t: "i"): SQL {
  return sql`MAX(${leftOf(t)}, 0)`
}
