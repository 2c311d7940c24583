// JSON whose numbers stay exact. A literal whose value a double can't hold is kept as its text, a decimal as good.
// Law: what a literal becomes depends on the literal alone, not on what else is in the text.

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
    typeof value === "number" && source !== undefined && !says(source, value) ? source : value,
  )
}

/** Whether a double, as it would be printed, has the very value of its literal. */
function says(source: string, value: number): boolean {
  return scientific(source) === scientific(String(value))
}

/** One spelling for each value: the digits without zeros on either side, and the power of ten of the last. */
function scientific(literal: string): string {
  const [mantissa = "", exponent = "0"] = literal.toLowerCase().split("e")
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".")
  const digits = (whole + fraction).replace(/^0+/, "")
  const kept = digits.replace(/0+$/, "")
  if (kept === "") return "0"
  const power = Number(exponent) - fraction.length + (digits.length - kept.length)
  return `${mantissa.startsWith("-") ? "-" : ""}${kept}e${power}`
}
