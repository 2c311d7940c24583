// The number of an invoice, drawn inside the batch that finalizes it.
// Law: numbers of a tenant follow each other without a gap or a duplicate. The batch is a transaction of the only writer, so who
// draws at the same time draws the next one and nobody tries again; a batch that is undone has drawn nothing.

import { and, eq, sql } from "drizzle-orm"
import type { SQL } from "drizzle-orm"
import { assert } from "../domain/assert.ts"
import { invoiceNumber } from "../domain/invoice.ts"
import type { Database, Statement } from "./database.ts"
import { invoices, tenants } from "./schema.ts"

/**
 * `number` is the prefix and a stand-in for the digits, an id that occurs nowhere else. Digits need no escape, so a JSON text in which
 * they take its place is, byte for byte, the text that is printed with the number itself.
 */
export type NumberDraw = {
  readonly invoiceId: string
  readonly prefix: string
  readonly standIn: string
  readonly number: string
}

export function numberDraw(invoiceId: string, prefix: string, standIn: string): NumberDraw {
  return { invoiceId, prefix, standIn, number: prefix + standIn }
}

export function drawNumber(db: Database, tenantId: string): Statement {
  return db
    .update(tenants)
    .set({ nextInvoiceNumber: sql`${tenants.nextInvoiceNumber} + 1` })
    .where(eq(tenants.id, tenantId))
    .returning({ next: tenants.nextInvoiceNumber })
}

/** The text with the digits of what the batch has drawn, as `invoiceNumber` prints them. */
export function drawnText(tenantId: string, { standIn }: NumberDraw, text: string | SQL): SQL<string> {
  const drawn = sql`SELECT printf('%06d', next_invoice_number - 1) FROM ${tenants} WHERE id = ${tenantId}`
  return sql`replace(${text}, ${standIn}, (${drawn}))`
}

export function fillNumber(db: Database, tenantId: string, draw: NumberDraw): Statement {
  return db
    .update(invoices)
    .set({ number: drawnText(tenantId, draw, sql`${invoices.number}`) })
    .where(
      and(eq(invoices.tenantId, tenantId), eq(invoices.id, draw.invoiceId), eq(invoices.number, draw.number)),
    )
}

/** `result`: of `drawNumber`. */
export function numberOf({ prefix }: NumberDraw, result: unknown): string {
  const next = Array.isArray(result)
    ? (result[0] as { readonly next?: unknown } | undefined)?.next
    : undefined
  assert(typeof next === "number", "a draw tells the number behind it", { next: String(next) })
  return invoiceNumber(prefix, next - 1)
}
