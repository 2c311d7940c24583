// Every bound of the system with its reason. A bound that is not here does not exist.

const KIB = 1024
const MIB = 1024 * KIB

export const limits = {
  /** A request body other than a batch of events: far above any honest object of the API. */
  bodyBytes: 1 * MIB,
  /** A batch of events: what an isolate parses in well under its CPU time, and far below the 32 MiB of an RPC. */
  batchBytes: 5 * MIB,
  batchEvents: 5_000,
  /** One event as JSON. An event is a measurement, not a document. */
  eventBytes: 16 * KIB,
  eventIdLength: 255,
  eventTypeLength: 255,
  eventProperties: 64,
  /** Nesting of properties; meters read the top level only. */
  eventDepth: 8,
  /** Running subscriptions that one event without a subscription_id is offered to. */
  subscriptionsPerEvent: 20,
  propertyNameLength: 255,
  /** 3000-01-01T00:00:00Z: timestamps that we are given lie before it, so that what is computed from them stays in the calendar. */
  latestTimestampMs: 32_503_680_000_000,
  /** Clocks of honest senders differ by seconds; five minutes is generous. */
  eventSkewMs: 5 * 60_000,
  /** Events that one commit of a meter takes: keeps its transaction to a few milliseconds. */
  commitEvents: 10_000,
  /** Events that wait in one object before it answers "too busy". Bounded memory under overload. */
  meterQueueEvents: 200_000,
  /** And their text together, since events differ in size: an object has 128 MB, shared with others, and parsed it is several times as much. */
  meterQueueCharacters: 16 * MIB,
  /** A JSON text as one value of a statement: SQLite takes 2 MB, and a character is up to three bytes, escaped six. */
  meterStatementCharacters: 200_000,
  /** What a meter remembers of its storage: totals and periods of several years. The rest is read or computed again. */
  meterTotals: 2_000,
  meterPeriods: 2_000,
  /** Events that a page of one type looks at, so that a rare type can't keep the object busy. */
  meterScanEvents: 5_000,
  /** Events in memory while a meter is counted anew. */
  meterRecountEvents: 2_000,
  /** Expired keys that each new idempotency key takes away, so that their number shrinks after a rush. */
  meterExpiredKeys: 4,
  /** Single events that share one call of an isolate to a meter, and their text. */
  laneRequests: 500,
  laneCharacters: 1 * MIB,
  /** A call that takes longer has lost its maker, or the object is lost: it is made again. */
  laneGiveUpMs: 5_000,
  /** Lanes that an isolate remembers. A request that is cut off can leave one behind. */
  lanes: 1_000,
  idempotencyKeyLength: 255,
  idempotencyTtlMs: 24 * 3_600_000,
  /** How long a running request may hold its key before another may take it over: the longest a request lives. */
  idempotencyLeaseMs: 60_000,
  /** How long an isolate may go on using a key or tenant that it has seen. Revocation is complete after this. */
  credentialCacheMs: 60_000,
  credentialCacheEntries: 10_000,
  customerTokenMs: 3_600_000,
  adminTokenMs: 8 * 3_600_000,
  pageSize: 50,
  pageSizeMax: 100,
  /** What a page of the 360 view shows of each list. */
  recentEntries: 25,
  nameLength: 255,
  textLength: 2_000,
  metadataKeys: 50,
  metadataKeyLength: 64,
  metadataValueLength: 512,
  externalIdLength: 255,
  /** RFC 5321: what a forward path holds. */
  emailLength: 254,
  /** Far longer than any VAT id or EIN. */
  taxIdLength: 64,
  tags: 32,
  scopes: 32,
  tiers: 100,
  skusPerPlan: 100,
  hierarchyLevels: 10,
  hierarchyNodes: 1_000,
  invoiceLines: 250,
  trialDays: 730,
  paymentTermsDays: 365,
  graceHours: 24 * 30,
  scheduleCount: 100,
  cadenceInterval: 120,
  /** The shortest period of a Custom cadence: a period is closed, billed and finalized, which is no matter of seconds. */
  shortestPeriodMs: 3_600_000,
  /** Retries of an action whose guard missed: each miss means that somebody else made progress. */
  commitAttempts: 12,
  /** The longest pause before the second try; it doubles from try to try up to half a second, so that many who change one thing
   *  get through one after the other. */
  commitPauseMs: 10,
  commitPauseMaxMs: 500,
  /** Periods that one close takes. A subscription that starts years back is caught up in several closes. */
  periodsPerBill: 120,
  /** Agenda rows that one cron tick moves to the queue; the next tick takes the rest. */
  jobsPerTick: 2_000,
  /** How long a queued row may stay unfinished before the cron queues it again. */
  jobLeaseMs: 15 * 60_000,
  /** How far back a subscription may start: each missed period is billed on its own. */
  startYearsBack: 5,
  startYearsAhead: 5,
  /** Where a test clock may stand at the latest, so that no period computed from it leaves the calendar: 2200-01-01. */
  latestClockMs: 7_258_118_400_000,
  /** Longest step of one advance of a test clock, and how much it may run. */
  advanceYears: 5,
  advanceJobs: 2_000,
  /** Done agenda rows stay for reading this long. */
  doneJobsKeptMs: 90 * 86_400_000,
} as const
