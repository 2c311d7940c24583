// A letter in words: a subject, some paragraphs, a table and a closing line. One place for all that customers read.
// Law: amounts are those of the letter, digit for digit; nothing is computed here.

import { unreachable } from "../domain/assert.ts"
import type { Letter } from "../domain/mail.ts"
import { amountText, dayText } from "../domain/mail.ts"

export type Words = {
  readonly subject: string
  readonly paragraphs: readonly string[]
  readonly rows: readonly (readonly [label: string, value: string])[]
  /** A page to go to. */
  readonly link: { readonly text: string; readonly url: string } | null
}

type Of<K extends Letter["kind"]> = Extract<Letter, { kind: K }>

export function wordsOf(letter: Letter, company: string): Words {
  switch (letter.kind) {
    case "Invoice":
      return invoiceWords(letter, company)
    case "Receipt":
      return receiptWords(letter, company)
    case "PaymentFailed":
      return failureWords(letter, company)
    case "TrialEnding":
      return trialWords(letter, company)
    default:
      return unreachable(letter)
  }
}

function invoiceWords(
  { number, total, due, dueAt, lines, moreLines }: Of<"Invoice">,
  company: string,
): Words {
  const until = dueAt === null ? "" : ` by ${dayText(dueAt)}`
  const asked =
    due.minor > 0n
      ? `Please see to it that ${amountText(due)} is paid${until}. If we have a payment method of yours, we charge that one and you need to do nothing.`
      : "There is nothing for you to pay."
  const more = moreLines === 0 ? [] : ([[`and ${moreLines} more`, ""]] as const)
  return {
    subject: `Invoice ${number} from ${company}`,
    paragraphs: [`This is your invoice ${number}.`, asked],
    rows: [
      ...lines.map(({ text, amount }) => [text, amountText(amount)] as const),
      ...more,
      ["Total", amountText(total)],
    ],
    link: null,
  }
}

function receiptWords({ number, amount, paidAt, left }: Of<"Receipt">, company: string): Words {
  return {
    subject: `Receipt for invoice ${number} from ${company}`,
    paragraphs: [`Thank you. We received ${amountText(amount)} for your invoice ${number}.`],
    rows: [
      ["Invoice", number],
      ["Received", amountText(amount)],
      ["On", dayText(paidAt)],
      ["Still to be paid", amountText(left)],
    ],
    link: null,
  }
}

function failureWords(letter: Of<"PaymentFailed">, company: string): Words {
  const { number, amount, reason, nextAttemptAt, methodUrl } = letter
  const next =
    nextAttemptAt === null
      ? "We will not try again by ourselves: please give us another payment method."
      : `We will try again on ${dayText(nextAttemptAt)}. You can give us another payment method before.`
  return {
    subject: `Your payment for invoice ${number} from ${company} failed`,
    paragraphs: [`We could not collect ${amountText(amount)} for your invoice ${number}.`, next],
    rows: [
      ["Invoice", number],
      ["Amount", amountText(amount)],
      ...(reason === null ? [] : [["Reason", reason] as const]),
    ],
    link: { text: "Give another payment method", url: methodUrl },
  }
}

function trialWords({ plan, endsAt }: Of<"TrialEnding">, company: string): Words {
  const day = dayText(endsAt)
  return {
    subject: `Your trial of ${plan} ends on ${day}`,
    paragraphs: [
      `Your trial of ${plan} at ${company} ends on ${day}. From then on it costs what the plan says.`,
      "If you don't want to go on, cancel before that day.",
    ],
    rows: [],
    link: null,
  }
}
