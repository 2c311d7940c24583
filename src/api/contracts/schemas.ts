// Contracts on the wire.

import { z } from "@hono/zod-openapi"
import type { Amendment } from "../../actions/amend-contract.ts"
import type { CommitmentState, ContractState } from "../../actions/contract-commitments.ts"
import type { NewContract } from "../../actions/create-contract.ts"
import type { Linked } from "../../actions/link-contract.ts"
import type { Termination } from "../../actions/terminate-contract.ts"
import type { ContractRow, ContractSubscriptionRow } from "../../db/rows.ts"
import {
  ADOPTIONS,
  COMMITMENT_BILLINGS,
  CONTRACT_STATUSES,
  dateOf,
  lastDateBefore,
  nextDay,
  TRUE_UPS,
} from "../../domain/contract.ts"
import { formatNanos, minorToNanos, type Minor } from "../../domain/money.ts"
import { limits } from "../../limits.ts"
import {
  AmountNanos,
  CurrencyCode,
  CurrencyText,
  ExternalId,
  Id,
  MetadataSchema,
  Name,
  Text,
  timestamp,
  TimestampText,
} from "../shared/fields.ts"
import {
  DateText,
  EscalationInput,
  escalationFrom,
  EscalationSchema,
  escalationToApi,
  phaseFrom,
  phaseToApi,
  PlainDate,
  TermInput,
  TermSchema,
} from "./term-schemas.ts"

const EXAMPLE_ID = "01944b1f-0000-7000-8000-00000000000d"

const Terms = z.array(TermInput).min(1).max(limits.contractPhases).openapi({
  description:
    "The phases, in order: the first begins with the contract, each next one on the day after the one before it, and the last ends with it.",
})

export const StatusSchema = z.enum(CONTRACT_STATUSES).openapi({ example: "Active" })

export const ContractInput = z
  .strictObject({
    customer_id: Id("customer"),
    name: Name.openapi({ example: "Acme Enterprise 2026" }),
    start_date: PlainDate.openapi({ description: "The first day, in UTC." }),
    end_date: PlainDate.openapi({ description: "The last day.", example: "2027-12-31" }),
    currency: CurrencyCode.optional().openapi({
      type: "string",
      description: "The customer's; it can be no other.",
      example: "USD",
    }),
    terms: Terms,
    escalation: EscalationInput.optional(),
    external_id: ExternalId.optional(),
    metadata: MetadataSchema.optional(),
  })
  .openapi("ContractInput", {
    example: {
      customer_id: "01944b1f-0000-7000-8000-000000000001",
      name: "Acme Enterprise 2026",
      start_date: "2026-01-01",
      end_date: "2027-12-31",
      currency: "USD",
      terms: [
        {
          phase: 1,
          start_date: "2026-01-01",
          end_date: "2026-12-31",
          committed_amount_nanos: "50000000000000000",
          discount_bps: 1000,
        },
        {
          phase: 2,
          start_date: "2027-01-01",
          end_date: "2027-12-31",
          committed_amount_nanos: "50000000000000000",
        },
      ],
      escalation: { type: "Percent", bps: 300, every: "Year" },
    },
  })

export const AmendInput = z
  .strictObject({
    name: Name.optional().openapi({ example: "Acme Enterprise 2026, amended" }),
    end_date: PlainDate.optional().openapi({
      description: "The last day. Without `terms` the last phase ends there.",
      example: "2028-12-31",
    }),
    terms: Terms.optional().openapi({
      description:
        "All phases as they are to be. Those that have ended stay as they were; the running one keeps its number and its first day.",
    }),
    escalation: EscalationInput.nullable().optional(),
    external_id: ExternalId.optional().openapi({
      description: "Of the amended contract, which is a new one.",
    }),
    metadata: MetadataSchema.optional(),
  })
  .openapi("ContractAmendInput", {
    example: { name: "Acme Enterprise 2026, amended", end_date: "2028-12-31" },
  })

export const TerminateInput = z
  .strictObject({
    reason: Text.optional().openapi({ example: "Merged with another customer" }),
    true_up: z.enum(TRUE_UPS).optional().openapi({
      description:
        "What of the running phase's commitment is owed: the share of its time that has passed (default), or all of it.",
      example: "Prorated",
    }),
  })
  .openapi("ContractTerminateInput")

export const LinkInput = z
  .strictObject({
    subscription_id: Id("subscription").openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    adoption: z.enum(ADOPTIONS).openapi({
      description:
        "`PLG`: it keeps its calendar and outlives the contract. `Coterm`: it ends with the contract; with fewer than 30 days left its fees up to there are one fee, billed at once. `Recontract`: it leaves another contract for this one.",
      example: "Coterm",
    }),
  })
  .openapi("ContractLinkInput")

export const ContractSchema = z
  .object({
    id: z.string().openapi({ example: EXAMPLE_ID }),
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    name: z.string().openapi({ example: "Acme Enterprise 2026" }),
    status: StatusSchema,
    currency: CurrencyText,
    start_date: DateText.openapi({ example: "2026-01-01" }),
    end_date: DateText.openapi({ example: "2027-12-31" }),
    terms: z.array(TermSchema),
    escalation: EscalationSchema.nullable(),
    parent_contract_id: z
      .string()
      .nullable()
      .openapi({ description: "The contract that it amends.", example: null }),
    root_contract_id: z.string().openapi({ description: "The first of its chain.", example: EXAMPLE_ID }),
    activated_at: TimestampText.nullable(),
    ended_at: TimestampText.nullable().openapi({
      description: "When it was amended, terminated or expired.",
      example: null,
    }),
    ended_reason: z.string().nullable().openapi({ example: null }),
    true_up: z.enum(TRUE_UPS).nullable().openapi({ description: "Of a terminated one.", example: null }),
    external_id: z.string().nullable().openapi({ example: "crm-4711" }),
    metadata: MetadataSchema,
    created_at: TimestampText,
  })
  .openapi("Contract")

export const LinkSchema = z
  .object({
    contract_id: z.string().openapi({ description: "The first of the chain.", example: EXAMPLE_ID }),
    subscription_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    adoption: z.enum(ADOPTIONS).openapi({ example: "Coterm" }),
    from: TimestampText.openapi({ description: "From when on it has the contract's prices." }),
    linked_at: TimestampText,
    invoice_id: z
      .string()
      .nullable()
      .openapi({ description: "The draft of the one-time fee, if this made one.", example: null }),
  })
  .openapi("ContractSubscription")

export const CommitmentStateSchema = z
  .object({
    phase: z.int().openapi({ example: 1 }),
    product_tag: z.string().nullable().openapi({ example: null }),
    priority: z.int().openapi({ example: 100 }),
    billing: z.enum(COMMITMENT_BILLINGS).openapi({ example: "TrueUp" }),
    start_date: DateText.openapi({ example: "2026-01-01" }),
    end_date: DateText,
    committed_amount_nanos: AmountNanos.openapi({ example: "50000000000000000" }),
    used_nanos: AmountNanos.openapi({
      description: "Billed usage that counts for it.",
      example: "20000000000000000",
    }),
    remaining_nanos: AmountNanos.openapi({ example: "30000000000000000" }),
    invoiced_nanos: AmountNanos.openapi({
      description: "What was invoiced for it: upfront, or as missing when the phase had ended.",
      example: "0",
    }),
    drawn_nanos: AmountNanos.openapi({ description: "What usage drew from that.", example: "0" }),
  })
  .openapi("ContractCommitment")

export function contractFrom(input: z.output<typeof ContractInput>): NewContract {
  return {
    customerId: input.customer_id,
    name: input.name,
    startAt: input.start_date,
    endAt: nextDay(input.end_date),
    currency: input.currency ?? null,
    terms: {
      phases: input.terms.map(phaseFrom),
      escalation: input.escalation === undefined ? null : escalationFrom(input.escalation),
    },
    externalId: input.external_id ?? null,
    metadata: input.metadata ?? {},
  }
}

export function amendmentFrom(input: z.output<typeof AmendInput>): Amendment {
  const { escalation } = input
  return {
    name: input.name,
    endAt: input.end_date === undefined ? undefined : nextDay(input.end_date),
    phases: input.terms?.map(phaseFrom),
    escalation: escalation === undefined || escalation === null ? escalation : escalationFrom(escalation),
    metadata: input.metadata,
    externalId: input.external_id ?? null,
  }
}

export function terminationFrom(input: z.output<typeof TerminateInput>): Termination {
  return { reason: input.reason ?? null, trueUp: input.true_up ?? "Prorated" }
}

export function contractToApi(row: ContractRow): z.infer<typeof ContractSchema> {
  const { phases, escalation, trueUp } = row.terms
  return {
    id: row.id,
    customer_id: row.customerId,
    name: row.name,
    status: row.status,
    currency: row.currency,
    start_date: dateOf(row.startAt),
    end_date: lastDateBefore(row.endAt),
    terms: phases.map(phaseToApi),
    escalation: escalation === null ? null : escalationToApi(escalation),
    parent_contract_id: row.parentContractId,
    root_contract_id: row.rootContractId,
    activated_at: timestamp(row.activatedAt),
    ended_at: timestamp(row.endedAt),
    ended_reason: row.endedReason,
    true_up: trueUp ?? null,
    external_id: row.externalId,
    metadata: { ...row.metadata },
    created_at: timestamp(row.createdAt),
  }
}

export function linkToApi(row: ContractSubscriptionRow): z.infer<typeof LinkSchema> {
  return {
    contract_id: row.rootContractId,
    subscription_id: row.subscriptionId,
    adoption: row.adoption,
    from: timestamp(row.fromAt),
    linked_at: timestamp(row.linkedAt),
    invoice_id: null,
  }
}

export function linkedToApi({ link, invoiceId }: Linked): z.infer<typeof LinkSchema> {
  return { ...linkToApi(link), invoice_id: invoiceId }
}

export function commitmentsToApi({ contract, states }: ContractState) {
  const nanosOf = (amount: Minor) => formatNanos(minorToNanos(amount, contract.currency))
  return states.map((state: CommitmentState): z.infer<typeof CommitmentStateSchema> => {
    const { phase, commitment, committed, within } = state.part
    return {
      phase: phase.phase,
      product_tag: commitment.productTag,
      priority: commitment.priority,
      billing: phase.billing,
      start_date: dateOf(phase.startAt),
      end_date: within.end < phase.endAt ? dateOf(within.end) : lastDateBefore(phase.endAt),
      committed_amount_nanos: nanosOf(committed),
      used_nanos: nanosOf(state.used),
      remaining_nanos: nanosOf(state.remaining),
      invoiced_nanos: nanosOf(state.invoiced),
      drawn_nanos: nanosOf(state.drawn),
    }
  })
}
