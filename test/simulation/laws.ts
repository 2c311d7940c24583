// What must hold of the money, at every moment and in the end. Each law gives back what breaks it, in words.

import { env } from "cloudflare:workers"
import type { Charge } from "./bank.ts"
import type { Simulation } from "./simulation.ts"
import { alwaysOfWallets, inTheEndOfWallets } from "./wallet-laws.ts"
import { webhooksBrokenInTheEnd, webhooksBrokenNow } from "./webhook-laws.ts"

type Row = Record<string, string | number | null>

async function rows(tenantId: string, sql: string): Promise<Row[]> {
  const { results } = await env.DB.prepare(sql).bind(tenantId).all<Row>()
  return results
}

async function broken(tenantId: string, law: string, sql: string): Promise<string[]> {
  return (await rows(tenantId, sql)).map((row) => `${law}: ${JSON.stringify(row)}`)
}

async function allBroken(tenantId: string, laws: typeof alwaysOfWallets): Promise<string[]> {
  return (await Promise.all(laws.map(([law, sql]) => broken(tenantId, law, sql)))).flat()
}

const UNDER_WAY = "('Processing', 'Pending', 'RequiresAction')"

/** Of one commit all is there or nothing, so these hold between any two steps. */
export async function brokenNow(simulation: Simulation): Promise<string[]> {
  const { tenantId } = simulation
  return [
    ...simulation.faults,
    ...simulation.bank.scandals,
    ...(await broken(
      tenantId,
      "an invoice knows what was paid and what is under way",
      `SELECT i.id, i.paid_minor, i.pending_minor, p.* FROM invoices i LEFT JOIN (
         SELECT invoice_id, SUM(CASE WHEN status = 'Succeeded' THEN applied_minor ELSE 0 END) AS paid,
           SUM(CASE WHEN status = 'Succeeded' THEN amount_minor ELSE 0 END) AS bought,
           SUM(CASE WHEN status IN ${UNDER_WAY} THEN amount_minor ELSE 0 END) AS pending
         FROM payments GROUP BY invoice_id
       ) p ON p.invoice_id = i.id
       WHERE i.tenant_id = ? AND (i.paid_minor <> COALESCE(CASE WHEN i.type <> 'TopUp' THEN p.paid WHEN i.status = 'Paid' THEN p.bought END, 0) OR i.pending_minor <> COALESCE(p.pending, 0))`,
    )),
    ...(await broken(
      tenantId,
      "a payment knows what was given back of it",
      `SELECT p.id, p.amount_minor, p.refunded_minor, r.given FROM payments p LEFT JOIN (
         SELECT payment_id, SUM(amount_minor) AS given FROM refunds WHERE status <> 'Failed' GROUP BY payment_id
       ) r ON r.payment_id = p.id
       WHERE p.tenant_id = ? AND (p.refunded_minor <> COALESCE(r.given, 0) OR p.refunded_minor > p.amount_minor)`,
    )),
    ...(await broken(
      tenantId,
      "payouts and refunds together give back no more of a payment than it was, and it knows what payouts did",
      `SELECT p.id, p.amount_minor, p.paid_out_minor, o.gone, r.given FROM payments p LEFT JOIN (
         SELECT part.value ->> 'paymentId' AS payment_id, SUM(CAST(part.value ->> 'amountMinor' AS INTEGER)) AS gone
         FROM payouts, json_each(payouts.parts) part WHERE payouts.status IN ('Processing', 'Pending', 'Succeeded')
         GROUP BY 1
       ) o ON o.payment_id = p.id LEFT JOIN (
         SELECT payment_id, SUM(amount_minor) AS given FROM refunds
         WHERE status <> 'Failed' AND COALESCE(source, '') <> 'Processor' GROUP BY payment_id
       ) r ON r.payment_id = p.id
       WHERE p.tenant_id = ? AND (COALESCE(p.paid_out_minor, 0) <> COALESCE(o.gone, 0)
         OR COALESCE(p.paid_out_minor, 0) + COALESCE(r.given, 0) > p.amount_minor)`,
    )),
    ...(await broken(
      tenantId,
      "a job or request begins one payment",
      `SELECT invoice_id, attempt_key, count(*) AS payments FROM payments WHERE tenant_id = ?
       GROUP BY invoice_id, attempt_key HAVING count(*) > 1`,
    )),
    ...(await broken(
      tenantId,
      "no job fails but for others that were quicker",
      `SELECT kind, subject, last_error FROM agenda
       WHERE tenant_id = ? AND (status = 'Dead' OR last_error NOT LIKE '%conflict%')`,
    )),
    ...(await allBroken(tenantId, alwaysOfWallets)),
    ...(await webhooksBrokenNow(simulation)),
    ...(await chargedTwice(simulation)),
    ...(await books(simulation)),
  ]
}

/** What the bank took for an invoice, or may still take, was never more than the invoice. What it had declined and brought after all is
 *  its own doing. */
async function chargedTwice({ bank, tenantId }: Simulation): Promise<string[]> {
  const totals = new Map(
    (await rows(tenantId, "SELECT id, total_minor FROM invoices WHERE tenant_id = ?")).map((row) => [
      row["id"],
      BigInt(row["total_minor"] ?? 0),
    ]),
  )
  const taken = Map.groupBy(
    [...bank.charges.values()].filter(({ status, isLate }) => status !== "Failed" && !isLate),
    ({ invoiceId }) => invoiceId,
  )
  return [...taken].flatMap(([id, charges]) => {
    const sum = charges.reduce((total, { amountMinor }) => total + amountMinor, 0n)
    return sum <= (totals.get(id) ?? 0n) ? [] : [`invoice ${id} of ${totals.get(id)} was charged ${sum}`]
  })
}

/** The trial balance is zero, what is receivable is what open invoices say is due, and the audit finds nothing. */
async function books(simulation: Simulation): Promise<string[]> {
  const { currencies } = await simulation.read("/admin/v1/ledger/trial-balance")
  const { differences } = await simulation.read("/admin/v1/ledger/audit?limit=100")
  return [
    ...currencies
      .filter((one: any) => one.difference_nanos !== "0")
      .map((one: any) => `it does not balance: ${JSON.stringify(one)}`),
    ...differences.map((one: any) => `the audit: ${JSON.stringify(one)}`),
  ]
}

/** After the faults: nothing waits any more, and the bank's books and ours say the same. */
export async function brokenInTheEnd(simulation: Simulation): Promise<string[]> {
  const { tenantId, machine } = simulation
  return [
    ...(await brokenNow(simulation)),
    ...(await broken(
      tenantId,
      "no payment waits",
      `SELECT * FROM payments WHERE tenant_id = ? AND status IN ${UNDER_WAY}`,
    )),
    ...(await broken(
      tenantId,
      "no refund waits",
      "SELECT * FROM refunds WHERE tenant_id = ? AND status IN ('Processing', 'Pending')",
    )),
    ...(await broken(
      tenantId,
      "no payout waits",
      "SELECT * FROM payouts WHERE tenant_id = ? AND status IN ('Processing', 'Pending')",
    )),
    ...(await broken(
      tenantId,
      "every event was applied",
      "SELECT * FROM processor_events WHERE tenant_id = ? AND applied_at IS NULL",
    )),
    ...(await broken(
      tenantId,
      "no job is left behind",
      `SELECT * FROM agenda WHERE tenant_id = ? AND status <> 'Done' AND due_at <= ${machine.now}`,
    )),
    ...(await broken(
      tenantId,
      "what failed and is still owed is dunned",
      `SELECT i.id, i.status, i.total_minor, i.paid_minor FROM invoices i
       WHERE i.tenant_id = ? AND i.status = 'Open' AND i.type = 'Standard'
         AND EXISTS (SELECT 1 FROM payments p WHERE p.invoice_id = i.id AND p.status = 'Failed')
         AND NOT EXISTS (SELECT 1 FROM dunnings d WHERE d.invoice_id = i.id AND d.status <> 'Resolved')`,
    )),
    ...(await broken(
      tenantId,
      "a subscription is past due as long as an invoice of it is dunned",
      `SELECT s.id, s.status, count(d.id) AS dunnings FROM subscriptions s
       LEFT JOIN invoices i ON i.tenant_id = s.tenant_id AND i.subscription_id = s.id AND i.status = 'Open'
       LEFT JOIN dunnings d ON d.invoice_id = i.id AND d.status <> 'Resolved'
       WHERE s.tenant_id = ? GROUP BY s.id, s.status
       HAVING (s.status = 'Active' AND count(d.id) > 0) OR (s.status IN ('PastDue', 'Paused') AND count(d.id) = 0)`,
    )),
    ...(await allBroken(tenantId, inTheEndOfWallets)),
    ...(await webhooksBrokenInTheEnd(simulation)),
    ...(await chargesAgree(simulation)),
    ...(await refundsAgree(simulation)),
    ...(await payoutsAgree(simulation)),
    ...(await cashAgrees(simulation)),
  ]
}

async function chargesAgree({ bank, tenantId }: Simulation): Promise<string[]> {
  const ours = await rows(tenantId, "SELECT * FROM payments WHERE tenant_id = ? AND kind = 'Processor'")
  const said = ours.map((row) => `${row["id"]} ${row["status"]} ${row["amount_minor"]} ${disputeOf(row)}`)
  const done = [...bank.charges.values()].map(
    (charge) =>
      `${charge.key} ${charge.status} ${charge.amountMinor} ${charge.dispute ?? "-"} ${charge.disputedMinor}`,
  )
  return differences("payment", said, done)
}

function disputeOf(row: Row): string {
  return `${row["dispute_status"] ?? "-"} ${row["disputed_minor"]}`
}

async function refundsAgree({ bank, tenantId }: Simulation): Promise<string[]> {
  const sql = `SELECT r.* FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE r.tenant_id = ? AND p.kind = 'Processor'`
  const said = (await rows(tenantId, sql)).map(
    (row) => `${row["id"]} ${row["status"]} ${row["amount_minor"]}`,
  )
  const done = [...bank.refunds.values()].map(
    ({ key, status, amountMinor }) => `${key} ${status} ${amountMinor}`,
  )
  return differences("refund", said, done)
}

/** A payout that failed is tried again under another key, so the bank has one for each try. */
async function payoutsAgree({ bank, tenantId }: Simulation): Promise<string[]> {
  const paid = (
    await rows(tenantId, "SELECT * FROM payouts WHERE tenant_id = ? AND status = 'Succeeded'")
  ).map((row) => `${row["payout_ref"]} ${row["amount_minor"]}`)
  const done = [...bank.payouts.values()].filter(({ status }) => status === "Succeeded")
  return differences(
    "payout",
    paid,
    done.map(({ ref, amountMinor }) => `${ref} ${amountMinor}`),
  )
}

function differences(what: string, ours: readonly string[], banks: readonly string[]): string[] {
  const [said, done] = [new Set(ours), new Set(banks)]
  return [
    ...ours.filter((one) => !done.has(one)).map((one) => `the bank does not know ${what} ${one}`),
    ...banks.filter((one) => !said.has(one)).map((one) => `we do not know ${what} ${one}`),
  ]
}

/** Cash is what the bank holds for us, and what came and went by hand. */
async function cashAgrees({ bank, tenantId }: Simulation): Promise<string[]> {
  const booked = await rows(
    tenantId,
    "SELECT currency, SUM(amount_minor) AS amount FROM ledger_entries WHERE tenant_id = ? AND account = 'Cash' GROUP BY currency",
  )
  const byHand = await rows(
    tenantId,
    `SELECT currency, SUM(amount_minor - refunded_minor) AS amount FROM payments
     WHERE tenant_id = ? AND kind = 'Manual' AND status = 'Succeeded' GROUP BY currency`,
  )
  const sold = await rows(
    tenantId,
    `SELECT g.currency, SUM(e.amount_minor) AS amount FROM wallet_entries e JOIN wallet_grants g ON g.id = e.grant_id
     WHERE e.tenant_id = ? AND g.kind = 'Paid' AND g.source = 'Cash' AND e.kind IN ('Granted', 'Debited') GROUP BY g.currency`,
  )
  const held = new Map(byHand.map((row) => [String(row["currency"]), BigInt(row["amount"] ?? 0)]))
  const add = (currency: string, amount: bigint) => held.set(currency, (held.get(currency) ?? 0n) + amount)
  for (const row of sold) add(String(row["currency"]), BigInt(row["amount"] ?? 0))
  for (const charge of bank.charges.values()) add(charge.currency, heldOf(charge))
  for (const { status, currency, amountMinor } of [...bank.refunds.values(), ...bank.payouts.values()]) {
    if (status === "Succeeded") add(currency, -amountMinor)
  }
  const said = new Map(booked.map((row) => [String(row["currency"]), BigInt(row["amount"] ?? 0)]))
  const currencies = new Set([...said.keys(), ...held.keys()])
  return [...currencies].flatMap((currency) => {
    const [ours, theirs] = [said.get(currency) ?? 0n, held.get(currency) ?? 0n]
    return ours === theirs ? [] : [`Cash stands at ${ours} ${currency}, the bank holds ${theirs}`]
  })
}

function heldOf({ status, amountMinor, dispute, disputedMinor }: Charge): bigint {
  if (status !== "Succeeded") return 0n
  return amountMinor - (dispute === "Open" || dispute === "Lost" ? disputedMinor : 0n)
}
