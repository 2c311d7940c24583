// Mails: amounts digit for digit, whatever is in a name is text, and nobody is written to who can't be there.

import { expect, test } from "vitest"
import { parseCurrency } from "../../src/domain/currency.ts"
import type { Letter, Money } from "../../src/domain/mail.ts"
import { amountText, isDeliverable, isMailed } from "../../src/domain/mail.ts"
import { minor } from "../../src/domain/money.ts"
import { parseInstant } from "../../src/domain/time.ts"
import { eventTypes } from "../../src/domain/webhook-events.ts"
import type { Env } from "../../src/env.ts"
import { outsideOf } from "../../src/env.ts"
import { rendered } from "../../src/mail/render.ts"

function money(amount: bigint, code = "USD"): Money {
  const currency = parseCurrency(code)
  if (!currency.ok) throw new Error(code)
  return { minor: minor(amount), currency: currency.value }
}

function at(text: string) {
  const parsed = parseInstant(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.value
}

// The digits are those of ISO 4217.
test.each([
  [123_450n, "USD", "1234.50 USD"],
  [5n, "USD", "0.05 USD"],
  [0n, "EUR", "0.00 EUR"],
  [-1n, "USD", "-0.01 USD"],
  [-123_450n, "USD", "-1234.50 USD"],
  [1_200n, "JPY", "1200 JPY"],
  [1_234n, "KWD", "1.234 KWD"],
  [12_345n, "CLF", "1.2345 CLF"],
  [9_007_199_254_740_993n, "USD", "90071992547409.93 USD"],
])("%d of %s is %s", (amount, code, text) => {
  expect(amountText(money(amount, code))).toBe(text)
})

test("a provider needs an address to write from, and is Resend if nothing else is said", () => {
  const env = (more: Partial<Env>) => ({ MAIL_API_KEY: "key", ...more }) as Env
  expect(() => outsideOf(env({}))).toThrow("MAIL_FROM")
  expect(() => outsideOf(env({ MAIL_FROM: "a@b.c", MAIL_API_URL: "resend" }))).toThrow("MAIL_API_URL")
  expect(outsideOf(env({ MAIL_FROM: "a@b.c" })).mail).toEqual({
    url: "https://api.resend.com/emails",
    key: "key",
    from: "a@b.c",
  })
  expect(outsideOf({} as Env).mail).toBeNull()
})

test("four events are mailed, and no other", () => {
  expect(eventTypes.filter(isMailed).toSorted()).toEqual([
    "invoice.finalized",
    "payment.failed",
    "payment.succeeded",
    "subscription.trial_will_end",
  ])
})

test.each([
  ["cu1@customers.invalid", false],
  ["CU1@CUSTOMERS.INVALID.", false],
  ["a@invalid", false],
  ["a@b.test", false],
  ["a@localhost", false],
  ["a@invalid.example.org", true],
  ["invalid@example.com", true],
  ["a@mytest", true],
])("%s may be written to: %s", (address, expected) => {
  expect(isDeliverable(address)).toBe(expected)
})

const mail = (letter: Letter, more: { company?: string; name?: string } = {}) =>
  rendered({
    key: "mail/1",
    to: "a@example.com",
    from: null,
    replyTo: null,
    company: "Example Inc.",
    name: "Acme",
    letter,
    ...more,
  })

const INVOICE: Letter = {
  kind: "Invoice",
  number: "INV-000001",
  total: money(25_050n),
  due: money(20_000n),
  dueAt: at("2026-03-31T00:00:00Z"),
  lines: [{ text: "Workshop", amount: money(25_050n) }],
  moreLines: 0,
}

test("an invoice says what, how much and by when, in both forms", async () => {
  const { subject, text, html } = await mail(INVOICE)
  expect(subject).toBe("Invoice INV-000001 from Example Inc.")
  for (const form of [text, html]) {
    for (const part of ["Workshop", "250.50 USD", "200.00 USD", "2026-03-31", "Acme", "Example Inc."]) {
      expect(form).toContain(part)
    }
  }
})

test("an invoice on which nothing is due asks for nothing, and says how many lines it leaves out", async () => {
  const { text } = await mail({ ...INVOICE, due: money(0n), dueAt: null, moreLines: 3 })
  expect(text).toContain("There is nothing for you to pay.")
  expect(text).toContain("and 3 more")
  expect(text).not.toContain("200.00")
})

test("what people write is text: no tag, no attribute and no second line of a subject", async () => {
  const evil = '<img src=x onerror="alert(1)">&'
  const lines = [{ text: `Consulting ${evil}`, amount: money(1n) }]
  const { subject, text, html } = await mail(
    { ...INVOICE, number: "INV-1\r\nBcc: a@b.c", lines },
    { company: evil, name: evil },
  )
  expect(subject).not.toMatch(/[\r\n]/)
  expect(html).not.toContain("<img")
  expect(html.match(/&lt;img src=x onerror=&quot;alert\(1\)&quot;&gt;&amp;/g)?.length).toBeGreaterThanOrEqual(
    3,
  )
  expect(text).toContain(`Consulting ${evil}`)
})

test("a failed payment says why, when it is tried again, and where another method is given", async () => {
  const letter: Letter = {
    kind: "PaymentFailed",
    number: "INV-000001",
    amount: money(999n),
    reason: "Your card has insufficient funds.",
    nextAttemptAt: at("2026-03-04T00:00:00Z"),
    methodUrl: "https://billing.example.com/pay/method?link=a.b",
  }
  const { text, html } = await mail(letter)
  for (const form of [text, html]) {
    for (const part of ["9.99 USD", "insufficient funds", "2026-03-04", letter.methodUrl]) {
      expect(form).toContain(part)
    }
  }
  expect((await mail({ ...letter, nextAttemptAt: null })).text).toContain(
    "We will not try again by ourselves",
  )
})

test("a receipt and the end of a trial", async () => {
  const receipt = await mail({
    kind: "Receipt",
    number: "INV-000001",
    amount: money(1_000n),
    paidAt: at("2026-03-02T10:00:00Z"),
    left: money(50n),
  })
  expect(receipt.text).toContain("Received: 10.00 USD")
  expect(receipt.text).toContain("Still to be paid: 0.50 USD")
  expect(receipt.text).toContain("On: 2026-03-02")
  const trial = await mail({ kind: "TrialEnding", plan: "Pro", endsAt: at("2026-04-01T00:00:00Z") })
  expect(trial.subject).toBe("Your trial of Pro ends on 2026-04-01")
})
