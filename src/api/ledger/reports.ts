// GET /admin/v1/ledger/receivables, GET /admin/v1/ledger/revenue

import { createRoute, z } from "@hono/zod-openapi"
import type { Receivable } from "../../db/readers/ledger.ts"
import type { RevenueMonth } from "../../domain/ledger.ts"
import { DAY_MS, dayOf, revenueByMonth } from "../../domain/ledger.ts"
import { minor } from "../../domain/money.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { reads } from "../shared/access.ts"
import { json, linkNext, pageFrom, PageQuery, problems } from "../shared/door.ts"
import { AmountNanos, CurrencyText } from "../shared/fields.ts"
import { Problem } from "../shared/problems.ts"
import { lastDayOf, Month, monthOf, MonthText, monthText } from "./months.ts"
import { nanosText } from "./schemas.ts"

const amount = (description: string) => AmountNanos.openapi({ description })

const ReceivableSchema = z
  .object({
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    currency: CurrencyText,
    current_nanos: amount("Due, and not overdue."),
    overdue_1_30_nanos: amount("Overdue for up to 30 days."),
    overdue_31_60_nanos: amount("For 31 to 60 days."),
    overdue_61_90_nanos: amount("For 61 to 90 days."),
    overdue_over_90_nanos: amount("For more than 90 days."),
    total_nanos: amount("What the customer owes."),
  })
  .openapi("Receivable")

/** Where the next bucket begins, by how long ago an invoice fell due. */
const AGES_MS = [0, 30 * DAY_MS, 60 * DAY_MS, 90 * DAY_MS]

const receivablesRoute = createRoute({
  method: "get",
  path: "/admin/v1/ledger/receivables",
  operationId: "listReceivables",
  tags: ["Ledger"],
  summary: "List what customers owe by age",
  description:
    "What is due on open invoices now, by how long it is overdue: a row for each customer and currency. A page is so many customers.",
  ...reads("ledger:read"),
  request: { query: PageQuery },
  responses: { 200: json(z.array(ReceivableSchema), "A page of customers."), ...problems(422) },
})

const RevenueMonthSchema = z
  .object({
    month: MonthText,
    currency: CurrencyText,
    recognized_nanos: amount("Revenue that was earned in the month."),
    breakage_nanos: amount("Paid credit that lapsed."),
    refunds_nanos: amount("What was given back out of goodwill."),
    promotions_nanos: amount("What credit cost that was given for nothing."),
    net_nanos: amount("Recognized and breakage, less refunds and promotions."),
    deferred_nanos: amount("Invoiced and not earned yet, at the end of the month."),
  })
  .openapi("RevenueMonth")

const revenueRoute = createRoute({
  method: "get",
  path: "/admin/v1/ledger/revenue",
  operationId: "getRevenue",
  tags: ["Ledger"],
  summary: "Get revenue by month",
  description: `Recognized and deferred revenue of each month and currency, by the calendar in UTC. A month ahead tells what will be recognized of what is booked now. At most ${limits.ledgerMonths} months.`,
  ...reads("ledger:read"),
  request: {
    query: z.object({
      from: Month.optional().openapi({
        type: "string",
        description: "The first month; eleven months before the last one if it is not given.",
        example: "2026-01",
      }),
      to: Month.optional().openapi({
        type: "string",
        description: "The last month; the running one if it is not given.",
        example: "2026-12",
      }),
    }),
  },
  responses: { 200: json(z.array(RevenueMonthSchema), "The months."), ...problems(422) },
})

export function register(api: Api): void {
  api.openapi(receivablesRoute, async (c) => {
    const { read, now } = c.get("scope")
    const found = await read.ledger.receivables(pageFrom(c.req.valid("query")), now, AGES_MS)
    linkNext(c, found.next)
    return c.json(found.rows.map(receivableToApi), 200)
  })

  api.openapi(revenueRoute, async (c) => {
    const { read, now } = c.get("scope")
    const query = c.req.valid("query")
    const to = query.to ?? monthOf(dayOf(now))
    const from = query.from ?? to - 11
    if (from > to) throw wrong("from", "The first month is after the last one.")
    if (to - from >= limits.ledgerMonths) throw wrong("from", `More than ${limits.ledgerMonths} months.`)
    const months = Array.from({ length: to - from + 2 }, (_, at) => from - 1 + at)
    const balances = await read.ledger.balancesAt(months.map(lastDayOf))
    const ends = months.map((month) => ({
      month: monthText(month),
      balances: balances.get(lastDayOf(month)) ?? [],
    }))
    return c.json(revenueByMonth(ends).map(revenueToApi), 200)
  })
}

function wrong(path: string, message: string): Problem {
  return new Problem("invalid_request", message, [{ path, message }])
}

function receivableToApi({ customerId, currency, amounts }: Receivable): z.infer<typeof ReceivableSchema> {
  const text = (at: number) => nanosText(amounts[at] ?? minor(0n), currency)
  const total = minor(amounts.reduce((sum, some) => sum + some, 0n))
  return {
    customer_id: customerId,
    currency,
    current_nanos: text(0),
    overdue_1_30_nanos: text(1),
    overdue_31_60_nanos: text(2),
    overdue_61_90_nanos: text(3),
    overdue_over_90_nanos: text(4),
    total_nanos: nanosText(total, currency),
  }
}

function revenueToApi(found: RevenueMonth): z.infer<typeof RevenueMonthSchema> {
  const { month, currency, moved, net, deferred } = found
  return {
    month,
    currency,
    recognized_nanos: nanosText(moved.Revenue, currency),
    breakage_nanos: nanosText(moved.Breakage, currency),
    refunds_nanos: nanosText(moved.Refunds, currency),
    promotions_nanos: nanosText(moved.Promotions, currency),
    net_nanos: nanosText(net, currency),
    deferred_nanos: nanosText(deferred, currency),
  }
}
