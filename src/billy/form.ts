// Form validation in the words of WTForms 1.0.5. A form is a table of rules, one for each parameter; a rule makes the value
// of what was sent, or says what is wrong with it.
// Law: all faults of a form are told at once, and nothing is done while there is one.

import type { Result } from "../domain/result.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Ctx } from "./door.ts"
import { FrameError } from "./errors.ts"
import type { Params } from "./params.ts"
import { readParams } from "./params.ts"

export type Checked<T> = Result<T, readonly string[]>

/** `sent`: the parameter's first value; null: there is none. */
export type Rule<T> = (sent: string | null) => Checked<T> | Promise<Checked<T>>

export type Form = Readonly<Record<string, Rule<unknown>>>

export type Values<F extends Form> = { readonly [Name in keyof F]: F[Name] extends Rule<infer T> ? T : never }

/** The values of a request's parameters, or the 400 that names each fault. */
export async function readForm<F extends Form>(c: Ctx, form: F): Promise<Values<F>> {
  return checkForm(await readParams(c), form)
}

export async function checkForm<F extends Form>(params: Params, form: F): Promise<Values<F>> {
  const faults: [name: string, messages: readonly string[]][] = []
  const values: Record<string, unknown> = {}
  for (const [name, rule] of Object.entries(form)) {
    const checked = await rule(params.get(name) ?? null)
    if (checked.ok) values[name] = checked.value
    else faults.push([name, checked.error])
  }
  if (faults.length > 0) throw invalidForm(faults)
  return values as Values<F>
}

export function invalidForm(faults: readonly (readonly [string, readonly string[]])[]): FrameError {
  const items = faults.map(([name, messages]) => {
    const list = messages.map((message) => `<li>${message}</li>`).join("")
    return `<li>${name}<ul>${list}</ul></li>`
  })
  return new FrameError(400, `There are errors in following parameters: <ul>${items.join("")}</ul>`)
}

export const REQUIRED = "This field is required."
const NOT_AN_INTEGER = "Not a valid integer value"

const atLeast = (min: number) => `Number must be at least ${min}.`
const atMost = (max: number) => `Number must be at most ${max}.`

/** A whole number as Python's int() reads it: a sign, spaces around it and zeros before it do no harm. */
export function readInteger(text: string): bigint | null {
  const digits = /^\s*([+-]?)(\d+)\s*$/.exec(text)
  if (digits === null) return null
  const [, sign, value = ""] = digits
  return sign === "-" ? -BigInt(value) : BigInt(value)
}

function bounded(value: bigint, min: number): Checked<number> {
  if (value < BigInt(min)) return err([atLeast(min)])
  return value > BigInt(limits.billyNumber) ? err([atMost(limits.billyNumber)]) : ok(Number(value))
}

/** WTForms' Required: zero counts as nothing, and so does what is no number. */
export function requiredInteger(min: number): Rule<number> {
  return (sent) => {
    const value = readInteger(sent ?? "")
    return value === null || value === 0n ? err([REQUIRED]) : bounded(value, min)
  }
}

/** WTForms' InputRequired: something must be sent, and zero is something. */
export function givenInteger(min: number): Rule<number> {
  return (sent) => {
    if (sent === null || sent === "") return err([REQUIRED])
    const value = readInteger(sent)
    return value === null ? err([NOT_AN_INTEGER, atLeast(min)]) : bounded(value, min)
  }
}

/** WTForms' Optional: what is blank is not there. */
export function optionalInteger(min: number): Rule<number | null> {
  return (sent) => {
    if (sent === null || sent.trim() === "") return ok(null)
    return givenInteger(min)(sent)
  }
}

/** One of some words, in any case. */
export function requiredChoice<const T extends string>(words: readonly T[]): Rule<T> {
  return (sent) => {
    const word = words.find((one) => one === sent?.toLowerCase())
    return word === undefined ? err([REQUIRED]) : ok(word)
  }
}

export type TextBounds = { readonly max?: number; readonly pattern?: RegExp }

export function requiredText(bounds: TextBounds = {}): Rule<string> {
  return (sent) => {
    if (sent === null || sent.trim() === "") return err([REQUIRED])
    return boundedText(sent, bounds)
  }
}

/** Empty is the same as not sent. */
export function optionalText(bounds: TextBounds = {}): Rule<string | null> {
  return (sent) => (sent === null || sent === "" ? ok(null) : boundedText(sent, bounds))
}

function boundedText(text: string, { max, pattern }: TextBounds): Checked<string> {
  const faults: string[] = []
  if (max !== undefined && lengthOf(text) > max) faults.push(`Field cannot be longer than ${max} characters.`)
  if (pattern !== undefined && !pattern.test(text)) faults.push("Invalid input.")
  return faults.length === 0 ? ok(text) : err(faults)
}

/** In characters, as Python counts them. */
function lengthOf(text: string): number {
  return Array.from(text).length
}

/** As it was sent, empty or not; null: it was not. */
export const anyText: Rule<string | null> = (sent) => ok(sent)
