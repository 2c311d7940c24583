// RFC 3339 texts, read strictly: a date of the Gregorian calendar, a time of day, and `Z` or an offset. Read by hand, because
// every usage event brings one and the calendar library takes more forms than the standard has. Pure.

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const SHAPE = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/

/** Milliseconds since 1970 (below zero before), or null for any other text. Fractions of any length are cut to milliseconds;
 *  days that do not exist, leap seconds and 24:00 are refused. */
export function readRfc3339(text: string): number | null {
  if (!SHAPE.test(text)) return null
  const year = digitsAt(text, 0, 4)
  const month = digitsAt(text, 5, 2)
  const day = digitsAt(text, 8, 2)
  const hour = digitsAt(text, 11, 2)
  const minute = digitsAt(text, 14, 2)
  const second = digitsAt(text, 17, 2)
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null
  if (hour > 23 || minute > 59 || second > 59) return null
  const offset = offsetOf(text)
  if (offset === null) return null
  const clock = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + fractionOf(text)
  return daysFromCivil(year, month, day) * DAY_MS + clock - offset
}

/** The number that `count` characters from `from` write; they are known to be digits. */
export function digitsAt(text: string, from: number, count: number): number {
  let value = 0
  for (let at = from; at < from + count; at += 1) value = value * 10 + text.charCodeAt(at) - 48
  return value
}

/** Milliseconds of the fraction that may follow the seconds; what lies below a millisecond is cut. */
function fractionOf(text: string): number {
  if (text.charAt(19) !== ".") return 0
  let value = 0
  let unit = 100
  for (let at = 20; unit >= 1 && isDigitAt(text, at); at += 1) {
    value += digitsAt(text, at, 1) * unit
    unit /= 10
  }
  return value
}

function isDigitAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 48 && code <= 57
}

/** Milliseconds east of UTC, or null if the offset is not a time of day. */
function offsetOf(text: string): number | null {
  const last = text.charAt(text.length - 1)
  if (last === "Z" || last === "z") return 0
  const from = text.length - 6
  const hours = digitsAt(text, from + 1, 2)
  const minutes = digitsAt(text, from + 4, 2)
  if (hours > 23 || minutes > 59) return null
  const size = hours * HOUR_MS + minutes * MINUTE_MS
  return text.charAt(from) === "-" ? -size : size
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar. Counted from a March, so that a leap day is a year's last. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1
  const monthFromMarch = month > 2 ? month - 3 : month + 9
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - DAYS_TO_1970
}

// From 0000-03-01 to 1970-01-01.
const DAYS_TO_1970 = 719_468
