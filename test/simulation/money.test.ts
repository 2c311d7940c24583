// Some hundred steps of the money under faults by seeds in each run, and thousands by hand. A seed that fails is named with its last steps, and does the same again:
// `npm run simulate -- --seed N --steps M`.

import { env } from "cloudflare:workers"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { brokenInTheEnd, brokenNow } from "./laws.ts"
import { Simulation } from "./simulation.ts"

/** How often all laws are looked at, and how long the world goes on without faults before the last look: longer than a dunning. */
const LOOK_EVERY = 100
const CALM_DAYS = 9
const TOLD_STEPS = 60

const one = Number(env.SIMULATION_SEED ?? "")
const steps = Number(env.SIMULATION_STEPS ?? "") || 120
const seeds = one === 0 ? [1, 2] : [one]
/** A step takes some milliseconds; a machine that is busy with other tests a hundred. */
const patienceMs = 60_000 + steps * 500

let runs = 0
let said: string[] = []

beforeEach(() => {
  said = []
  for (const method of ["log", "warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((line) => void said.push(String(line)))
  }
  // Nobody gives way to others here: one runs at a time.
  vi.spyOn(scheduler, "wait").mockResolvedValue(undefined)
})

afterEach(() => vi.restoreAllMocks())

async function simulate(seed: number, until: number, calmDays = CALM_DAYS): Promise<Simulation> {
  const simulation = new Simulation(seed, (runs += 1))
  const look = async (laws: typeof brokenNow) => {
    const broken = await laws(simulation)
    if (broken.length === 0) return
    const errors = said.filter((line) => line.includes("BrokenInvariant")).slice(-3)
    const last = simulation.trace.slice(-TOLD_STEPS)
    const again = `npm run simulate -- --seed ${seed} --steps ${until}`
    const where = `Seed ${seed} breaks at step ${simulation.steps}; again by \`${again}\`.`
    throw new Error([where, ...broken.slice(0, 10), "", "The last steps:", ...last, ...errors].join("\n"))
  }
  await simulation.prepare()
  while (simulation.steps < until) {
    await simulation.step()
    if (simulation.steps % LOOK_EVERY === 0) await look(brokenNow)
  }
  if (calmDays > 0) {
    await simulation.calm(calmDays)
    await look(brokenInTheEnd)
  }
  await simulation.end()
  return simulation
}

test.each(seeds)(
  "seed %i: nothing is charged twice, nothing is unbooked, and everything settles",
  async (seed) => {
    const { bank, receivers } = await simulate(seed, steps)
    // That there was something to go wrong.
    expect(bank.charges.size).toBeGreaterThan(steps / 300)
    for (const { took } of receivers.all) expect(took.size).toBeGreaterThan(steps / 100)
  },
  patienceMs,
)

test("a seed does the same again", { timeout: patienceMs }, async () => {
  const [first, second] = [await simulate(11, 150, 0), await simulate(11, 150, 0)]
  expect(second.trace).toEqual(first.trace)
})
