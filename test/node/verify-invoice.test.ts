// `npm run verify-invoice` as somebody else would use it: a file, perhaps the events, and an exit code.

import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, expect, test } from "vitest"

const run = promisify(execFile)
const SCRIPT = path.join(import.meta.dirname, "../../scripts/verify-invoice.ts")
const LINE = "01944b1f-0000-7000-8000-000000000006"

// Three events of 2.5 hours each at 0.01 an hour are 7.5 hours and 0.075: eight cents, half away from zero.
const EVENTS = ["a", "b", "c"].map((id, minute) => ({
  id,
  event_type: "compute",
  subscription_id: "sub",
  timestamp: `2026-01-05T00:0${minute}:00Z`,
  status: "Recorded",
  billable: true,
  properties: { hours: "2.5" },
}))

/** By the rule of docs/proof.md, newest first, and without the code that is tested. */
function digestOf(events: typeof EVENTS): string {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")
  return events.toReversed().reduce((before, { id, timestamp, properties }) => {
    const line = JSON.stringify([id, "compute", timestamp, false, properties.hours, ""])
    return sha256(`${before}\n${line}`)
  }, "")
}

const PROOF = {
  proof_version: 1,
  invoice_id: "01944b1f-0000-7000-8000-000000000004",
  invoice_number: "INV-000001",
  invoice_type: "Standard",
  status: "Open",
  currency: "EUR",
  total_nanos: "100000000000",
  tax_nanos: "20000000000",
  tax: {
    mode: "FlatRate",
    country: null,
    region: null,
    tax_id: null,
    exemption: null,
    rates: [{ rate_id: null, name: "VAT", rate_bps: "1900", is_inclusive: false }],
  },
  lines: [
    {
      id: LINE,
      line_key: "sub:sku:2026-01-01T00:00:00Z",
      kind: "Charge",
      source_id: null,
      subscription_id: "sub",
      sku_id: "sku",
      description: "Compute",
      quantity: "7.5",
      unit_amount_nanos: "10000000000",
      rated_amount_nanos: "75000000000",
      amount_nanos: "80000000000",
      is_tax: false,
      is_included: false,
      // 19 % of eight cents are 1.52.
      taxes: [{ rate_id: null, amount_nanos: "20000000000" }],
      service_start: "2026-01-01T00:00:00Z",
      service_end: "2026-02-01T00:00:00Z",
      basis: {
        should: { numerator: "75000000000", denominator: "1" },
        was: { quantity: "0", rated_nanos: "0", amount_minor: "0" },
        from: {
          kind: "Price",
          pricing: { price: { model: "PerUnit", unit_amount_nanos: "10000000000" } },
          usage: { value: "7.5", events: 3, groups: [] },
          share: { numerator: "1", denominator: "1" },
          meter: { key: "", event_type: "compute", aggregation: "Sum", property: "hours" },
        },
      },
      events: {
        count: 3,
        digest: digestOf(EVENTS),
        first: { id: "a", timestamp: "2026-01-05T00:00:00Z" },
        last: { id: "c", timestamp: "2026-01-05T00:02:00Z" },
        is_whole: true,
        next: null,
      },
    },
    {
      id: "01944b1f-0000-7000-8000-000000000007",
      line_key: "tax:flat",
      kind: "Tax",
      source_id: null,
      subscription_id: null,
      sku_id: null,
      description: "VAT 19%",
      quantity: "1",
      unit_amount_nanos: null,
      rated_amount_nanos: "15200000000",
      amount_nanos: "20000000000",
      is_tax: true,
      is_included: false,
      taxes: [],
      service_start: null,
      service_end: null,
      basis: null,
      events: null,
    },
  ],
}

let folder = ""

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "ledgerline-proof-"))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function verify(proof: string, events: readonly object[] | null = null) {
  const file = path.join(folder, "proof.json")
  await writeFile(file, proof)
  const args = [SCRIPT, file]
  if (events !== null) {
    const ndjson = path.join(folder, "events.ndjson")
    await writeFile(ndjson, events.map((event) => JSON.stringify(event)).join("\n"))
    args.push("--events", ndjson)
  }
  try {
    const { stdout } = await run(process.execPath, args)
    return { code: 0, text: stdout }
  } catch (error) {
    const failed = error as { readonly code: number; readonly stdout: string; readonly stderr: string }
    return { code: failed.code, text: failed.stdout + failed.stderr }
  }
}

const TEXT = JSON.stringify(PROOF)
const NEWEST_FIRST = EVENTS.toReversed()

test("a proof comes out, alone and with its events", async () => {
  expect(await verify(TEXT)).toMatchObject({
    code: 0,
    text: expect.stringContaining("Everything comes out."),
  })
  const counted = await verify(TEXT, NEWEST_FIRST)
  expect(counted).toMatchObject({ code: 0, text: expect.stringContaining("3 events, counted again") })
})

test("one nano, one unit and one cent of tax are found and named", async () => {
  const price = await verify(
    TEXT.replace('"unit_amount_nanos":"10000000000"}', '"unit_amount_nanos":"10000000001"}'),
  )
  expect(price).toMatchObject({
    code: 1,
    text: expect.stringContaining(`${LINE}: should is told as 75000000000/1`),
  })
  const quantity = await verify(TEXT.replace('"quantity":"7.5"', '"quantity":"7.6"'))
  expect(quantity).toMatchObject({
    code: 1,
    text: expect.stringContaining("quantity is told as 7.6 and comes to 7.5"),
  })
  const rate = await verify(TEXT.replace('"rate_bps":"1900"', '"rate_bps":"1800"'))
  expect(rate).toMatchObject({
    code: 1,
    text: expect.stringContaining("tax is told as 20000000000 and comes to 10000000000"),
  })
})

test("one event more, less or other is found", async () => {
  const [newest, ...older] = NEWEST_FIRST
  const other = { ...newest, properties: { hours: "2.6" } }
  for (const events of [older, [...NEWEST_FIRST, { ...newest, id: "d" }], [other, ...older]]) {
    const found = await verify(TEXT, events)
    expect(found.code).toBe(1)
    expect(found.text).toContain("events.digest")
    expect(found.text).toContain("usage.value")
  }
})

test("what is no proof is refused", async () => {
  expect(await verify("{}")).toMatchObject({
    code: 1,
    text: expect.stringContaining("The proof can't be read"),
  })
  expect(await verify(TEXT.replace('"numerator":"1"', '"numerator":"x"'))).toMatchObject({ code: 1 })
})
