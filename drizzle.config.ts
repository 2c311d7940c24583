// `npm run db:generate` compares the schema with the last snapshot and writes the difference as the next migration.
// Wrangler applies the folder; what is in it already never changes.

import { defineConfig } from "drizzle-kit"

export default defineConfig({
  dialect: "sqlite",
  schema: "./src/db/schema.ts",
  out: "./migrations",
})
