// JSON whose numbers stay exact. A literal that a double can't hold is kept as its text, which is a decimal as good.

type ReviverContext = { readonly source?: string }
type ExactParse = (
  text: string,
  revive: (key: string, value: unknown, context: ReviverContext) => unknown,
) => unknown

/** Sixteen digits or more in a row, or an exponent: only such a text can hold a number that a double rounds. */
const MAY_LOSE_DIGITS = /[\d.]{16}|\d[eE]/

/** Throws SyntaxError, as JSON.parse does. */
export function parseExactJson(text: string): unknown {
  if (!MAY_LOSE_DIGITS.test(text)) return JSON.parse(text) as unknown
  return (JSON.parse as ExactParse)(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined && String(value) !== source ? source : value,
  )
}
