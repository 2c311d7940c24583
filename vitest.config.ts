// Two worlds of tests. `domain` is plain Node: the pure domain, the law of the tree, tests that start processes.
// `workers` runs inside workerd with the real D1, Durable Objects and queues.

import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers"
import { Response } from "miniflare"
import { defineConfig } from "vitest/config"
import type { TestSpecification } from "vitest/node"
import { BaseSequencer } from "vitest/node"
import { copyAssets } from "./scripts/assets.ts"

const WORKERS_FOLDERS = "{api,actions,billy,budget,meter,db,jobs,scenario,simulation,runtime,payments}"

// Bundled once for the tests: workerd fetches each module by a call, and these packages are hundreds of modules.
// One that is missing here works all the same, only slower.
const PREBUNDLED = [
  "@hono/zod-openapi",
  "drizzle-orm",
  "drizzle-orm/d1",
  "drizzle-orm/sqlite-core",
  "hono",
  "hono/body-limit",
  "hono/html",
  "hono/http-exception",
  "hono/jwt",
  "hono/utils/encode",
  "stripe",
  "temporal-polyfill/implementation",
  "uuid",
]

/** Of the files that run inside workerd, those that take longest. They go first, so that both workers end at about the same time. */
const LONGEST = [
  "simulation/money",
  "api/odd-values",
  "api/every-operation",
  "api/every-write",
  "scenario/wallet-live",
  "actions/concurrency",
  "jobs/closes",
  "scenario/contract",
  "scenario/payments",
  "scenario/changes",
  "scenario/corrections",
  "api/bad-input",
  "meter/retime",
  "billy/money",
  "meter/limits",
  "scenario/payouts",
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => turnOf(one) - turnOf(other))
  }
}

/** A file of plain Node comes before all that share a workerd: a workerd that has to wait for one is ended. */
function turnOf({ moduleId, project }: TestSpecification): number {
  if (project.name !== "workers") return -1
  const turn = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
  return turn < 0 ? LONGEST.length : turn
}

// A sequencer would hold against the order that the command line asks for.
const isShuffled = process.argv.some((argument) => argument.startsWith("--sequence.shuffle"))

export default defineConfig(async () => {
  await copyAssets()
  return {
    test: {
      // The reference machine has two cores, and each worker of the second project brings a workerd with it.
      maxWorkers: 2,
      ...(isShuffled ? {} : { sequence: { sequencer: LongestFirst } }),
      projects: [
        {
          test: {
            name: "domain",
            include: ["test/domain/**/*.test.ts", "test/node/**/*.test.ts", "test/tidy.test.ts"],
            testTimeout: 30_000,
          },
        },
        {
          plugins: [
            cloudflareTest({
              wrangler: { configPath: "./wrangler.toml" },
              miniflare: {
                bindings: {
                  ROOT_API_KEY: "root_test_key_for_tests_only_000000",
                  JWT_SECRET: "test-jwt-secret-that-is-long-enough-0123456789",
                  TEST_MIGRATIONS: await readD1Migrations("migrations"),
                  // `npm run simulate` asks for a seed.
                  SIMULATION_SEED: process.env["SIMULATION_SEED"] ?? "",
                  SIMULATION_STEPS: process.env["SIMULATION_STEPS"] ?? "",
                  // What `npm start` allows on a laptop is not what a deployment does.
                  ALLOW_PRIVATE_WEBHOOKS: "0",
                  // Nobody is there but where a test puts a provider (test/support/receiver.ts).
                  MAIL_API_URL: "https://mail.example.org/emails",
                  MAIL_API_KEY: "mail_test_key",
                  MAIL_FROM: "Ledgerline <billing@ledgerline.example.org>",
                },
                // Tests reach nobody. Only a receiver of webhooks is there, which is content with everything.
                outboundService: ({ url }) =>
                  new URL(url).hostname === "receiver.example.com"
                    ? new Response("ok")
                    : new Response("There is no network in tests.", { status: 502 }),
                // As in wrangler.toml, but for the waiting: a test should not sleep through a batch timeout.
                queueConsumers: {
                  "ledgerline-jobs": {
                    maxBatchSize: 20,
                    maxBatchTimeout: 0.05,
                    maxRetries: 8,
                    deadLetterQueue: "ledgerline-jobs-dead",
                  },
                  "ledgerline-webhooks": {
                    maxBatchSize: 6,
                    maxBatchTimeout: 0.05,
                    maxRetries: 8,
                    deadLetterQueue: "ledgerline-jobs-dead",
                  },
                  "ledgerline-jobs-dead": { maxBatchSize: 20, maxBatchTimeout: 0.05, maxRetries: 100 },
                },
              },
            }),
          ],
          test: {
            name: "workers",
            // To start a workerd costs seconds, so each of the two runs file after file, in whatever order. A file begins with no
            // rows (test/support/database.ts); what is not in D1 it shares with those before it.
            isolate: false,
            include: [`test/${WORKERS_FOLDERS}/**/*.test.ts`],
            setupFiles: ["./test/support/apply-migrations.ts"],
            deps: { optimizer: { ssr: { enabled: true, include: PREBUNDLED } } },
            testTimeout: 30_000,
          },
        },
      ],
    },
  }
})
