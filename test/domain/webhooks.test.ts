// Where webhooks may go, when they are tried again, what an endpoint's failures mean, and what is told at all.

import { describe, expect, test } from "vitest"
import { instant } from "../../src/domain/time.ts"
import type { Health } from "../../src/domain/webhook.ts"
import { afterFailure, HEALTHY, isBroken, isGivenUp, nextTry, pauseMs } from "../../src/domain/webhook.ts"
import { eventsOf, eventTypes, subscriptionOf, wants } from "../../src/domain/webhook-events.ts"
import { webhookUrl } from "../../src/domain/webhook-url.ts"

describe("a webhook may go to", () => {
  test.each([
    "https://example.com/hooks",
    "https://example.com:8443/hooks?tenant=1",
    "https://hooks.example.co.uk./",
    "https://8.8.8.8/",
    "https://172.15.255.255/",
    "https://172.32.0.0/",
    "https://100.128.0.1/",
    "https://192.169.0.1/",
    "https://[2606:4700:4700::1111]/",
    "https://localhost.example.com/",
    "https://xn--bcher-kva.example/",
  ])("%s", (url) => expect(webhookUrl(url, false).ok).toBe(true))
})

describe("a webhook may not go to", () => {
  test.each([
    // No URL, another scheme, credentials.
    ["", "absolute"],
    ["/hooks", "absolute"],
    ["https://", "absolute"],
    ["https://999.1.1.1/", "absolute"],
    ["http://example.com/", "https"],
    ["ftp://example.com/", "https"],
    ["file:///etc/passwd", "https"],
    ["javascript:alert(1)", "https"],
    ["data:text/plain,x", "https"],
    ["https://user@example.com/", "credentials"],
    ["https://user:password@example.com/", "credentials"],
    ["https://example.com@127.0.0.1/", "credentials"],
    ["https://example.com/#part", "fragment"],
    // This host and what is named like it.
    ["https://localhost/", "public"],
    ["https://LOCALHOST./", "public"],
    ["https://api.localhost/", "public"],
    ["https://printer.local/", "public"],
    ["https://metadata.google.internal/", "public"],
    ["https://router.home.arpa/", "public"],
    ["https://intranet/", "public"],
    // IPv4: loopback, private, link-local and metadata, shared, reserved, multicast, broadcast.
    ["https://127.0.0.1/", "public"],
    ["https://127.255.255.254/", "public"],
    ["https://0.0.0.0/", "public"],
    ["https://10.1.2.3/", "public"],
    ["https://172.16.0.1/", "public"],
    ["https://172.31.255.255/", "public"],
    ["https://192.168.1.1/", "public"],
    ["https://169.254.169.254/latest/meta-data/", "public"],
    ["https://100.100.100.200/", "public"],
    ["https://192.0.0.192/", "public"],
    ["https://198.19.0.1/", "public"],
    ["https://203.0.113.7/", "public"],
    ["https://224.0.0.1/", "public"],
    ["https://255.255.255.255/", "public"],
    // The same in other notations: hexadecimal, octal, one number, fewer parts, full width, a dot at the end.
    ["https://0x7f.0.0.1/", "public"],
    ["https://0x7f000001/", "public"],
    ["https://0177.0.0.1/", "public"],
    ["https://2130706433/", "public"],
    ["https://127.1/", "public"],
    ["https://127.0.0.1./", "public"],
    ["https://１２７.０.０.１/", "public"],
    ["https://0xa9fea9fe/", "public"],
    ["https://0x7f.1/", "public"],
    ["https://0177.0.0.01/", "public"],
    ["https://127。0。0。1/", "public"],
    ["https://%31%32%37.0.0.1/", "public"],
    ["https://0/", "public"],
    ["https://3232235777/", "public"],
    ["https://0xa9.254.0251.254/", "public"],
    // With a port, a dot at the end, other letters.
    ["https://127.0.0.1:8443/", "public"],
    ["https://169.254.169.254:443/", "public"],
    ["https://localhost.:8443/", "public"],
    ["https://metadata.google.internal./", "public"],
    ["https://METADATA.google.INTERNAL/", "public"],
    ["https://metadata/", "public"],
    ["https://ⓛocalhost/", "public"],
    ["https://[::1]:8443/", "public"],
    // IPv6: loopback, unspecified, unique local, link-local, multicast, IPv4 inside, 6to4, NAT64, Teredo, documentation.
    ["https://[::1]/", "public"],
    ["https://[::]/", "public"],
    ["https://[fd00:ec2::254]/", "public"],
    ["https://[fc00::1]/", "public"],
    ["https://[fd00::1]/", "public"],
    ["https://[0:0:0:0:0:0:0:1]/", "public"],
    ["https://[::ffff:a9fe:a9fe]/", "public"],
    ["https://[::ffff:0:127.0.0.1]/", "public"],
    ["https://[64:ff9b:1::7f00:1]/", "public"],
    ["https://[fec0::1]/", "public"],
    ["https://[fe80::1]/", "public"],
    ["https://[ff02::1]/", "public"],
    ["https://[::ffff:127.0.0.1]/", "public"],
    ["https://[::ffff:8.8.8.8]/", "public"],
    ["https://[::127.0.0.1]/", "public"],
    ["https://[2002:7f00:1::]/", "public"],
    ["https://[64:ff9b::127.0.0.1]/", "public"],
    ["https://[2001:0:7f00:1::]/", "public"],
    ["https://[2001:db8::1]/", "public"],
  ])("%s", (url, reason) => {
    const told = webhookUrl(url, false)
    expect(told.ok ? "allowed" : told.error).toContain(reason)
  })
})

test.each([
  ["http://127.0.0.1:4000/hooks", true],
  ["http://localhost:4000/hooks", true],
  ["https://10.0.0.1/", true],
  ["http://user:password@127.0.0.1/", false],
  ["file:///etc/passwd", false],
])("in local development %s: %s", (url, isAllowed) => {
  expect(webhookUrl(url, true).ok).toBe(isAllowed)
})

const START = instant(1_772_323_200_000)
const HOUR = 3_600_000
const THREE_DAYS = 72 * HOUR

describe("a delivery that fails", () => {
  test("is tried again after 10 s, 30 s, 90 s, 4.5 min, 13.5 min, 40.5 min and then every two hours", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 40].map(pauseMs)).toEqual(
      [10, 30, 90, 270, 810, 2_430, 7_200, 7_200, 7_200].map((seconds) => seconds * 1_000),
    )
  })

  test("is tried for exactly three days", () => {
    const tries = [START]
    for (;;) {
      const next = nextTry(tries.length, START, tries.at(-1)!)
      if (next === null) break
      expect(next).toBeGreaterThan(tries.at(-1)!)
      tries.push(next)
    }
    expect(tries.at(-1)).toBe(START + THREE_DAYS)
    // Six pauses make 1 h 40 s; of the 71 h behind them 35 pauses of two hours, and the last try at the end.
    expect(tries).toHaveLength(1 + 6 + 35 + 1)
  })
})

describe("an endpoint that fails", () => {
  test("is taken for broken at the fifth time in a row, and then asked after 10 s, 30 s, 90 s …", () => {
    let health: Health = HEALTHY
    const probes: (number | null)[] = []
    for (let n = 0; n < 8; n++) {
      health = afterFailure(health, START)
      probes.push(health.probeAt === null ? null : (health.probeAt - START) / 1_000)
      expect(isBroken(health)).toBe(n >= 4)
    }
    expect(probes).toEqual([null, null, null, null, 10, 30, 90, 270])
  })

  test("is given up three days after its first failure", () => {
    const once = afterFailure(HEALTHY, START)
    const again = afterFailure(once, instant(START + HOUR))
    expect(again.failingSince).toBe(START)
    expect(isGivenUp(again, instant(START + THREE_DAYS - 1))).toBe(false)
    expect(isGivenUp(again, instant(START + THREE_DAYS))).toBe(true)
    expect(isGivenUp(HEALTHY, instant(START + THREE_DAYS))).toBe(false)
  })
})

describe("what is told", () => {
  const entry = (action: string, fields = {}) => ({
    action,
    subjectType: "Invoice",
    subjectId: "i",
    ...fields,
  })
  const typesOf = (action: string, fields = {}) => eventsOf(entry(action, fields)).map(({ type }) => type)

  test("the nine types of bill.sh are there", () => {
    expect(eventTypes).toEqual(
      expect.arrayContaining([
        "invoice.finalized",
        "invoice.paid",
        "invoice.voided",
        "subscription.created",
        "subscription.cancelled",
        "subscription.past_due",
        "payment.failed",
        "spend_alert.triggered",
        "credit_note.issued",
      ]),
    )
  })

  test.each([
    ["invoice.finalized", {}, ["invoice.finalized"]],
    ["invoice.settled", {}, ["invoice.paid"]],
    ["invoice.written_off", {}, ["invoice.uncollectible"]],
    ["alert.triggered", {}, ["spend_alert.triggered"]],
    ["subscription.changed", {}, ["subscription.updated"]],
    ["subscription.ended", { after: { status: "Cancelled" } }, ["subscription.cancelled"]],
    ["subscription.ended", { after: { status: "Expired" } }, ["subscription.expired"]],
    [
      "subscription.period_closed",
      { after: { period_start: "2026-04-01T00:00:00Z" } },
      ["subscription.renewed"],
    ],
    ["subscription.period_closed", { after: { period_start: null } }, []],
    ["invoice.credited", { before: { status: "Open" }, after: { status: "Open" } }, ["credit_note.issued"]],
    [
      "invoice.credited",
      { before: { status: "Open" }, after: { status: "Paid" } },
      ["credit_note.issued", "invoice.paid"],
    ],
    ["subscription.caught_up", {}, ["subscription.reactivated"]],
    ["payment.failed", {}, ["payment.failed"]],
    ["api_key.created", {}, []],
    ["job.replayed", {}, []],
    ["constructor", {}, []],
  ])("%s %j is %j", (action, fields, types) => expect(typesOf(action, fields)).toEqual(types))

  test("a credit note is told as itself", () => {
    const [told] = eventsOf(entry("invoice.credited", { after: { credit_note_id: "note" } }))
    expect(told).toEqual({ type: "credit_note.issued", subjectType: "Invoice", subjectId: "note" })
  })

  test("to whom it concerns", () => {
    const event = { type: "invoice.paid", subjectId: "i" } as const
    expect(wants({ id: "e", events: ["*"] }, event)).toBe(true)
    expect(wants({ id: "e", events: ["invoice.paid"] }, event)).toBe(true)
    expect(wants({ id: "e", events: ["invoice.voided"] }, event)).toBe(false)
    expect(wants({ id: "e", events: [] }, { type: "webhook.test", subjectId: "e" })).toBe(true)
    expect(wants({ id: "other", events: ["*"] }, { type: "webhook.test", subjectId: "e" })).toBe(false)
    expect(subscriptionOf({ ...entry("x"), subjectType: "Subscription", subjectId: "s" })).toBe("s")
    expect(subscriptionOf(entry("x", { after: { subscription_id: "s" } }))).toBe("s")
  })
})
