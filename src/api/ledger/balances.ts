// GET /admin/v1/ledger/accounts, GET /admin/v1/ledger/trial-balance

import { createRoute, z } from "@hono/zod-openapi"
import { sortedBalances, trialBalances } from "../../domain/ledger.ts"
import type { Api } from "../app.ts"
import { reads } from "../shared/access.ts"
import { json, problems } from "../shared/door.ts"
import {
  accountToApi,
  Day,
  dayAsked,
  dayText,
  DayText,
  LedgerAccountSchema,
  TrialBalanceSchema,
  trialToApi,
} from "./schemas.ts"

const DateQuery = z.object({
  date: Day.optional().openapi({
    type: "string",
    format: "date",
    description:
      "At the end of this day, in UTC; today, by the tenant's clock, if it is not given. Of a day ahead: with what is recognized until then of what is booked now.",
    example: "2026-02-28",
  }),
})

const accountsRoute = createRoute({
  method: "get",
  path: "/admin/v1/ledger/accounts",
  operationId: "listLedgerAccounts",
  tags: ["Ledger"],
  summary: "Get the balances of all accounts",
  description: "What each account stands at, by currency. An account that never moved is not among them.",
  ...reads("ledger:read"),
  request: { query: DateQuery },
  responses: {
    200: json(z.object({ date: DayText, accounts: z.array(LedgerAccountSchema) }), "The accounts."),
    ...problems(422),
  },
})

const trialRoute = createRoute({
  method: "get",
  path: "/admin/v1/ledger/trial-balance",
  operationId: "getTrialBalance",
  tags: ["Ledger"],
  summary: "Get the trial balance",
  description:
    "The debits and credits of all accounts at the end of a day; they are the same in each currency.",
  ...reads("ledger:read"),
  request: { query: DateQuery },
  responses: {
    200: json(z.object({ date: DayText, currencies: z.array(TrialBalanceSchema) }), "The trial balance."),
    ...problems(422),
  },
})

export function register(api: Api): void {
  api.openapi(accountsRoute, async (c) => {
    const { read, now } = c.get("scope")
    const day = dayAsked(c.req.valid("query").date, now)
    const balances = (await read.ledger.balancesAt([day])).get(day) ?? []
    return c.json({ date: dayText(day), accounts: sortedBalances(balances).map(accountToApi) }, 200)
  })

  api.openapi(trialRoute, async (c) => {
    const { read, now } = c.get("scope")
    const day = dayAsked(c.req.valid("query").date, now)
    const balances = (await read.ledger.balancesAt([day])).get(day) ?? []
    return c.json({ date: dayText(day), currencies: trialBalances(balances).map(trialToApi) }, 200)
  })
}
