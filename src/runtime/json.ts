// JSON whose numbers stay exact. A literal whose value a double can't hold is kept as its text, a decimal as good.
// Law: what a literal becomes depends on the literal alone, not on what else is in the text.

// Only a literal of sixteen digits or more, or with an exponent, can be one that a double rounds. What looks like one inside a
// string is found too, but seldom: it must follow a colon, comma, bracket or blank, and ids mostly follow a quotation mark.
const LONG = 16
const SUSPECT = /(?:^|[:,[\s])-?(?:[\d.]{16}|[\d.]*\d[eE])/g
// Looks for the rare letter first, and back from there: several times as fast as looking forward from each colon.
const EXPONENT = /\d[eE](?<=(?:^|[:,[\s])-?[\d.]*..)/

const LITERAL = /[:,[\s]?(-?\d[\d.eE+-]*)/y

/** Throws SyntaxError, as JSON.parse does. */
export function parseExactJson(text: string): unknown {
  const parsed: unknown = JSON.parse(text)
  if (!hasLongNumber(text) && !EXPONENT.test(text)) return parsed
  const exact = quoteInexact(text)
  return exact === text ? parsed : (JSON.parse(exact) as unknown)
}

/** Whether sixteen digits stand in a row where a number may. So many can't stand between two places that are sixteen apart. */
function hasLongNumber(text: string): boolean {
  for (let at = LONG - 1; at < text.length; at += LONG) {
    if (!isDigitAt(text, at)) continue
    let from = at
    while (isDigitAt(text, from - 1)) from -= 1
    let end = at + 1
    while (isDigitAt(text, end)) end += 1
    if (end - from >= LONG && text.charAt(from - 1) !== '"') return true
    at = end - (end % LONG) - 1
  }
  return false
}

/** Digits, and the point between them. */
function isDigitAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return (code >= 48 && code <= 57) || code === 46
}

/** A JSON text, known to be one, with each literal in quotation marks that a double doesn't hold. Takes time in proportion to the
 *  text, whatever it is. */
function quoteInexact(text: string): string {
  let exact = ""
  let copied = 0
  let opening = text.indexOf('"')
  SUSPECT.lastIndex = 0
  for (let found = SUSPECT.exec(text); found !== null; found = SUSPECT.exec(text)) {
    let closing = -1
    while (opening >= 0 && opening < found.index) {
      closing = closingQuote(text, opening)
      opening = text.indexOf('"', closing + 1)
    }
    if (closing > found.index) {
      SUSPECT.lastIndex = closing
      continue
    }
    LITERAL.lastIndex = found.index
    const [whole = "", source = ""] = LITERAL.exec(text) ?? []
    const end = found.index + whole.length
    if (!says(source, Number(source))) {
      exact += `${text.slice(copied, end - source.length)}"${source}"`
      copied = end
    }
    SUSPECT.lastIndex = end
  }
  return exact + text.slice(copied)
}

/** Where the string ends that begins at `opening`. */
function closingQuote(text: string, opening: number): number {
  for (let at = text.indexOf('"', opening + 1); ; at = text.indexOf('"', at + 1)) {
    let escapes = 0
    while (text.charAt(at - 1 - escapes) === "\\") escapes += 1
    if (escapes % 2 === 0) return at
  }
}

/** Whether a double, as it would be printed, has the very value of its literal. */
function says(source: string, value: number): boolean {
  const printed = String(value)
  return source === printed || scientific(source) === scientific(printed)
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
