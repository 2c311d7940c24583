// POST /admin/v1/subscriptions/{id}/simulate

import { createRoute, z } from "@hono/zod-openapi"
import type { Bill, SimulatedPeriod, Simulation, SimulationInput } from "../../actions/simulate.ts"
import { simulate } from "../../actions/simulate.ts"
import { assert } from "../../domain/assert.ts"
import type { BilledLine } from "../../domain/billing.ts"
import type { Currency } from "../../domain/currency.ts"
import { formatDecimal } from "../../domain/decimal.ts"
import type { Minor } from "../../domain/money.ts"
import { formatNanos, minor, minorToNanos } from "../../domain/money.ts"
import { isUuid } from "../../runtime/ids.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { faultsInto } from "../catalog/faults.ts"
import { InlineSku, skuTermsOf } from "../catalog/sku-schemas.ts"
import { writes } from "../shared/access.ts"
import { body, IdParam, json, unwrap, writeProblems } from "../shared/door.ts"
import {
  AmountNanos,
  CurrencyText,
  DecimalText,
  Id,
  Timestamp,
  timestamp,
  TimestampText,
} from "../shared/fields.ts"

const SimulationBody = z
  .strictObject({
    plan_id: Id("plan").optional().openapi({
      description: "A plan of the same cadence: its current SKUs.",
      example: "01944b1f-0000-7000-8000-000000000002",
    }),
    skus: z
      .array(InlineSku)
      .min(1)
      .max(limits.skusPerPlan)
      .optional()
      .openapi({ description: "Or SKUs made up for this." }),
    from: Timestamp.optional().openapi({
      type: "string",
      format: "date-time",
      description:
        "Periods that touch `[from, to)` are priced, each of them whole. The running one by default.",
      example: "2026-01-28T00:00:00Z",
    }),
    to: Timestamp.optional().openapi({
      type: "string",
      format: "date-time",
      example: "2026-03-28T00:00:00Z",
    }),
  })
  .superRefine(
    faultsInto(({ plan_id: planId, skus }) => {
      if ((planId === undefined) !== (skus === undefined)) return []
      return [{ path: "plan_id", message: "Give either plan_id or skus." }]
    }),
  )
  .openapi("SimulationInput", {
    example: { plan_id: "01944b1f-0000-7000-8000-000000000002", from: "2026-01-28T00:00:00Z" },
  })

const LineSchema = z
  .object({
    sku_id: z.string().nullable().openapi({
      description: "Null for a SKU made up here.",
      example: "01944b1f-0000-7000-8000-000000000005",
    }),
    description: z.string().openapi({ example: "API Requests" }),
    quantity: DecimalText.openapi({ example: "1000000" }),
    unit_amount_nanos: AmountNanos.nullable().openapi({ example: "1000000" }),
    rated_nanos: AmountNanos.openapi({
      description: "Before it is rounded to the minor unit of the currency.",
      example: "1000000000000",
    }),
    amount_nanos: AmountNanos.openapi({ example: "1000000000000" }),
  })
  .openapi("SimulatedLine")

const BillSchema = z
  .object({ amount_nanos: AmountNanos, lines: z.array(LineSchema) })
  .openapi("SimulatedBill")

const Difference = AmountNanos.openapi({
  description: "Simulated less current: below zero where the other prices are cheaper.",
  example: "-250000000000",
})

const PeriodSchema = z
  .object({
    period_start: TimestampText,
    period_end: TimestampText.openapi({ example: "2026-03-28T00:00:00Z" }),
    current: BillSchema,
    simulated: BillSchema,
    difference_nanos: Difference,
  })
  .openapi("SimulatedPeriod")

const SimulationSchema = z
  .object({
    subscription_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    currency: CurrencyText,
    as_of: TimestampText.openapi({ description: "The running period is priced as far as it had come." }),
    current_amount_nanos: AmountNanos,
    simulated_amount_nanos: AmountNanos.openapi({ example: "750000000000" }),
    difference_nanos: Difference,
    periods: z.array(PeriodSchema).openapi({ description: "The oldest first." }),
  })
  .openapi("Simulation")

const route = createRoute({
  method: "post",
  path: "/admin/v1/subscriptions/{id}/simulate",
  operationId: "simulateSubscription",
  tags: ["Subscriptions"],
  summary: "Price the real usage on other prices",
  description:
    "What the subscription's own events would have cost on another plan, period by period, beside what they cost. Changes nothing. What the subscription doesn't count already is counted from its raw events, so those must not be archived, and not be too many.",
  ...writes("subscriptions:read"),
  request: { params: IdParam, ...body(SimulationBody) },
  responses: { 200: json(SimulationSchema, "Both bills of each period."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const input = simulationFrom(c.req.valid("json"))
    const found = await simulate(c.get("scope"), c.req.valid("param").id, input)
    return c.json(simulationToApi(unwrap(found)), 200)
  })
}

function simulationFrom(input: z.output<typeof SimulationBody>): SimulationInput {
  const { plan_id: planId, skus, from, to } = input
  const span = { from: from ?? null, to: to ?? null }
  if (planId !== undefined) return { prices: { planId }, ...span }
  assert(skus !== undefined, "the schema passes only a body with one of plan_id and skus")
  const made = skus.map((sku) => {
    return { name: sku.name ?? null, currency: sku.currency, terms: skuTermsOf(sku) }
  })
  return { prices: { skus: made }, ...span }
}

function simulationToApi(simulation: Simulation): z.infer<typeof SimulationSchema> {
  const { currency, periods } = simulation
  const current = periods.reduce((sum, period) => minor(sum + period.current.amount), minor(0n))
  const simulated = periods.reduce((sum, period) => minor(sum + period.simulated.amount), minor(0n))
  return {
    subscription_id: simulation.subscriptionId,
    currency,
    as_of: timestamp(simulation.asOf),
    current_amount_nanos: nanosOf(current, currency),
    simulated_amount_nanos: nanosOf(simulated, currency),
    difference_nanos: nanosOf(minor(simulated - current), currency),
    periods: periods.map((period) => periodToApi(period, currency)),
  }
}

function periodToApi({ period, current, simulated }: SimulatedPeriod, currency: Currency) {
  return {
    period_start: timestamp(period.start),
    period_end: timestamp(period.end),
    current: billToApi(current, currency),
    simulated: billToApi(simulated, currency),
    difference_nanos: nanosOf(minor(simulated.amount - current.amount), currency),
  }
}

function billToApi({ lines, amount }: Bill, currency: Currency): z.infer<typeof BillSchema> {
  return { amount_nanos: nanosOf(amount, currency), lines: lines.map((line) => lineToApi(line, currency)) }
}

function lineToApi(line: BilledLine, currency: Currency): z.infer<typeof LineSchema> {
  return {
    sku_id: line.skuId !== null && isUuid(line.skuId) ? line.skuId : null,
    description: line.description,
    quantity: formatDecimal(line.quantity),
    unit_amount_nanos: line.unitAmountNanos,
    rated_nanos: formatNanos(line.ratedNanos),
    amount_nanos: nanosOf(line.amountMinor, currency),
  }
}

function nanosOf(amount: Minor, currency: Currency): string {
  return formatNanos(minorToNanos(amount, currency))
}
