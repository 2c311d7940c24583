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
  meterSlots: 5_000,
  meterPeriods: 2_000,
  /** Events of a row of the log, as text: SQLite takes 2 MB in one value on the platform, and a character is up to three bytes. */
  meterChunkCharacters: 500_000,
  /** Changed totals of a commit as text, in the same row as its events. */
  meterChangesCharacters: 100_000,
  /** Rows of the log that a meter keeps parsed, as text: parsed they take several times as much. */
  meterParsedCharacters: 1_000_000,
  /** What a waking meter has to read again at most before the next checkpoint: events, commits and changed totals. */
  meterTailEvents: 8_192,
  meterTailChunks: 1_024,
  meterTailSlots: 8_192,
  /** What the id index keeps in memory at most: what tells new ids from known ones at once, which serves 12 million well and 30 million
   *  somewhat; the filters of pages, of 5 million ids; and the pages where repeated ones were found. Beyond that it reads again. */
  meterIndexGateBytes: 16 * MIB,
  meterIndexFilterBytes: 12 * MIB,
  meterIndexContentBytes: 4 * MIB,
  /** Ids on one page of the index: 9 KiB to read for an id when its filter isn't in memory, 32 KiB more when the id may be there. */
  meterIndexPageEntries: 4_096,
  /** Entries of the index that one commit merges at most: a few milliseconds. */
  meterIndexStepEntries: 65_536,
  /** Totals by group that a meter keeps for one period. One more is a property that tells events apart, not groups. */
  meterGroups: 1_000,
  /** Properties that make up a group, and filters of a meter with their values: each event is looked through for them. */
  meterGroupBy: 5,
  meterFilters: 10,
  meterFilterValues: 100,
  filterValueLength: 255,
  /** Shorter windows would be totals by the event, longer ones hold any period that is billed. */
  shortestWindowMs: 60_000,
  longestWindowMs: 366 * 86_400_000,
  /** Events that a page of one type looks at, so that a rare type can't keep the object busy. */
  meterScanEvents: 5_000,
  /** Corrections of one event: its history is read and told whole. */
  eventCorrections: 100,
  /** Askers that wait for a meter to change, and how long it lets them: an object that somebody waits for stays in memory. */
  meterWatchers: 256,
  meterWatchMs: 20_000,
  /** Points of one series: a month of hours, or nearly three years of days. */
  seriesPoints: 1_000,
  /** Hours that one request reads, those of all meters together: a tenth of a second of the object. */
  seriesHours: 50_000,
  /** Distinct values that a series of days looks through: half a second of the object. */
  seriesMembers: 500_000,
  /** Expired keys that each new idempotency key takes away, so that their number shrinks after a rush. */
  meterExpiredKeys: 4,
  /** Single events that share one call of an isolate to a meter, and their text. */
  laneRequests: 500,
  laneCharacters: 1 * MIB,
  /** Where calls take along so many, the next one waits a little for more: a third of what a call takes then, and a commit less. */
  laneCrowd: 6,
  laneGatherMs: 4,
  /** The longest that a request sleeps before it looks for its answer: what calls lately took may say nothing of the next. */
  laneSleepMs: 50,
  /** A call that takes longer has lost its maker, or the object is lost: it is made again. */
  laneGiveUpMs: 5_000,
  /** Lanes that an isolate remembers. A request that is cut off can leave one behind. */
  lanes: 1_000,
  /** A stream of usage tells a change at most this often, and says that it is alive when there was none for so long. */
  streamPaceMs: 250,
  streamQuietMs: 15_000,
  /** Its pace when too many wait for the same meter. */
  streamBusyMs: 2_000,
  /** After it, or after so many changes, it ends and its reader connects again: no request lives for ever, nor calls without end. */
  streamLifeMs: 5 * 60_000,
  streamChanges: 400,
  /** How long the reader should wait before it connects again. */
  streamRetryMs: 1_000,
  idempotencyKeyLength: 255,
  idempotencyTtlMs: 24 * 3_600_000,
  /** How long a running request may hold its key before another may take it over: the longest a request lives. */
  idempotencyLeaseMs: 60_000,
  /** How long an isolate may go on using a key or tenant that it has seen. Revocation is complete after this. */
  credentialCacheMs: 60_000,
  credentialCacheEntries: 10_000,
  /** Subscriptions whose terms an isolate remembers, for as long as a key: a few KB each, and a hundred where there are many prices. */
  termsCacheEntries: 500,
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
  /** A tax takes at most as much as the price that it is on: 100 %. */
  taxRateBps: 10_000,
  /** Digits of a rate after the point of its basis points: 9.975 % has one, and no law has more than three. */
  taxRateDigits: 3,
  tags: 32,
  scopes: 32,
  tiers: 100,
  /** Combinations of a Matrix, which travel with the terms to every meter that has a limit: half of the groups that a meter keeps. */
  matrixCells: 500,
  /** Events that a price calculator is told of by number: more than any period has. */
  previewEventCount: 1_000_000_000,
  /** A rate in basis points: a hundred times the amount, and a ten-thousandth of a point, so that the price of one unit is whole nanos. */
  rateBps: 1_000_000,
  rateDigits: 4,
  skusPerPlan: 100,
  /** What the SKUs of a plan are made of, as JSON. A meter keeps the terms of a subscription in one value, which takes 2 MB: filters are
   *  in it twice, and a character is up to three bytes. */
  planTermsCharacters: 250_000,
  hierarchyLevels: 10,
  hierarchyNodes: 1_000,
  invoiceLines: 250,
  /** A code is typed in by people. */
  couponCodeLength: 64,
  /** Plans or SKUs that a coupon is for: each item of a bill is looked up among them. */
  couponTargets: 100,
  /** Periods of a Repeating coupon: fifty years of months. */
  couponPeriods: 600,
  couponRedemptions: 1_000_000_000,
  /** Coupons that reduce one subscription at a time: each is computed with every bill. */
  couponsPerSubscription: 20,
  trialDays: 730,
  /** Tries of a dunning, and the days until the last one: within a year a debt is paid or written off. */
  dunningSteps: 12,
  dunningDays: 365,
  /** When a payment without an outcome is asked for: an answer that takes longer was lost. Then twice as long each time; at the latest
   *  after a day, or a week for one that is known to wait. */
  reconcileAfterMs: 10 * 60_000,
  reconcileAtLatestMs: 24 * 3_600_000,
  reconcileWaitingMs: 7 * 24 * 3_600_000,
  /** Looks at a payment with an end, as long as events wait for it. Some weeks: what nobody knows by then is nothing of ours. */
  looksForEvents: 16,
  /** How long the last try of a dunning waits for an earlier one that has no outcome. */
  dunningWaitMs: 24 * 3_600_000,
  /** Invoices of a customer that a new method pays out at once: years of them. The rest waits for the next one, or is asked for. */
  payoutsAtOnce: 50,
  /** What Stripe takes of the words on a card's statement. */
  statementDescriptorLength: 22,
  /** Payments of an invoice that are shown with its dunning, the newest ones: attempts of a year, and parts that somebody paid. */
  paymentsPerInvoice: 100,
  /** When it is worth to ask a processor again that gave no answer. */
  processorRetrySeconds: 10,
  /** Payments that one request refunds: each asks the processor, and an invocation has so many calls. */
  paymentsPerRefund: 100,
  /** Invoices whose credit one payout pays: its commit guards each of them. */
  invoicesPerPayout: 100,
  /** Events that came before what they are about was known, applied at once. */
  waitingEvents: 20,
  paymentTermsDays: 365,
  graceHours: 24 * 30,
  scheduleCount: 100,
  /** More than eleven years of hours, the shortest period. */
  scheduleIndex: 100_000,
  cadenceInterval: 120,
  /** The shortest period of a Custom cadence: a period is closed, billed and finalized, which is no matter of seconds. */
  shortestPeriodMs: 3_600_000,
  /** Retries of an action whose guard missed: each miss means that somebody else made progress. */
  commitAttempts: 12,
  /** The longest pause before the second try; it doubles from try to try up to half a second, so that many who change one thing
   *  get through one after the other. */
  commitPauseMs: 10,
  commitPauseMaxMs: 500,
  /** One archive of raw events: what a worker packs and unpacks in a fraction of its memory and its time, a read of one event
   *  included, and rows of events as text (the log's own are at most a quarter of it). */
  archiveEvents: 10_000,
  archiveCharacters: 2 * MIB,
  /** Archives that one job makes; another job takes the rest. Each is several calls to other services. */
  archivesPerJob: 20,
  /** Archives that one page of events opens: a page of a rare type may be short and still have a next one. */
  archivesPerPage: 4,
  /** Archived events that share a row of digests: 32 KiB, read to compare one event that comes again. */
  sealedRowEvents: 1_024,
  /** Ten years: as long as anybody must keep books. */
  rawEventsRetentionDays: 3_650,
  /** Events that one simulation of a price counts: the meter does nothing else for half a second. */
  simulationEvents: 100_000,
  /** Periods that it prices: three years of months. */
  simulationPeriods: 36,
  /** Past periods that a change closes before it looks: a year of months. One with more is still being caught up by the agenda. */
  closesAtOnce: 12,
  /** Changes that a subscription's timeline holds: its row is read and written whole, and stays far below a megabyte. */
  timelineSegments: 500,
  /** Subscriptions that a migration can be asked for by name. */
  migratedByName: 100,
  /** Subscriptions that one request moves to another version of their plan: each is rated and committed on its own. */
  migratedAtOnce: 25,
  /** Phases of a contract: a quarterly ramp of ten years, with room. Its terms are read and written whole. */
  contractPhases: 60,
  /** Overrides and commitments of one phase: each is looked at for every SKU of a linked subscription. */
  contractOverrides: 100,
  contractCommitments: 20,
  /** Subscriptions of a contract: an amendment gives each new terms in one batch of D1. */
  subscriptionsPerContract: 100,
  /** How long a contract waits for a bill that is due and not made yet before it looks again. */
  contractWaitMs: 60_000,
  /** Periods that one close takes. A subscription that starts years back is caught up in several closes. */
  periodsPerBill: 120,
  /** Subscriptions that one job gives new terms when a policy of their tenant changes: one batch of D1, and one of the queue. */
  policySubscriptions: 50,
  /** Agenda rows that one cron tick moves to the queue; the next tick takes the rest. A page of them is one statement, some ten
   *  milliseconds of D1, and ten calls of the queue: a tick makes some 130 calls, far from what an invocation may. */
  jobsPerTick: 10_000,
  jobsPerTake: 1_000,
  /** Rows on the queue at once: what it works off within the lease, so that no row is queued again while its first message waits. */
  jobsInFlight: 30_000,
  /** The same for what tells others: two a second are worked off, however slow they are. */
  webhookJobsInFlight: 2_000,
  /** How long a queued row may stay unfinished before the cron queues it again. */
  jobLeaseMs: 15 * 60_000,
  /** Jobs of one batch of the queue that run at once: an invocation has six connections, and more would only wait for them. */
  jobsSideBySide: 6,
  /** Done agenda rows and expired keys that one tick deletes: a fraction of a second of D1's only writer. */
  forgottenPerTick: 10_000,
  /** Events that one proof of an invoice digests, those of all its lines together: a second at most. What is left has an answer of its
   *  own. And events of one call of it to a meter. */
  proofEvents: 20_000,
  proofPage: 1_000,
  /** How far back a subscription may start: each missed period is billed on its own. */
  startYearsBack: 5,
  startYearsAhead: 5,
  /** Spend alerts of one customer: each is looked at with every lease. */
  alertsPerCustomer: 20,
  /** When an object that could not reach the queue tries again, beside what the platform tries by itself. */
  outboxRetryMs: 60_000,
  /** Subscriptions that may share a customer's budget when an alert is made or changed: each is told before the answer. */
  budgetMembers: 100,
  /** Subscriptions that are told of a change of the alerts that they share: about four queries each, and an invocation has 1,000. */
  budgetTold: 240,
  /** A meter that does not answer this long is asked again with the next request; until then nothing is decided against it. */
  budgetRecallMs: 3_000,
  /** How long a budget knows an ended period, for events that come late: longer than a month of grace. */
  budgetPeriodKeptMs: 35 * 86_400_000,
  /** How long a wallet is not filled up again after its recharge was declined: a day, as the schedules of dunning know no less. */
  rechargePauseMs: 86_400_000,
  /** How often a meter asks again when what it was granted was asked back meanwhile. */
  budgetTries: 50,
  /** How long a meter waits for a budget's answer. All its events wait meanwhile; they are told to come again. */
  budgetAskMs: 5_000,
  /** Holds of one subscription at a time: each is looked at with every event that a limit counts. */
  meterHolds: 1_000,
  /** Shortest and longest life of a hold: it is about work that is under way. */
  holdMs: 15 * 60_000,
  holdMaxMs: 24 * 3_600_000,
  /** Events that one hold or capture names. */
  holdEvents: 1_000,
  /** Messages that a meter gives to the queue at once: the queue takes a hundred. */
  meterOutboxBatch: 100,
  /** Periods that a meter keeps a lease for: the running one, its neighbours, and some that late events fall in. */
  gatePeriods: 8,
  /** Where a test clock may stand at the latest, so that no period computed from it leaves the calendar: 2200-01-01. */
  latestClockMs: 7_258_118_400_000,
  /** Longest step of one advance of a test clock, and how much it may run. */
  advanceYears: 5,
  advanceJobs: 2_000,
  /** Queries of D1 that a turn of an advance leaves for its last job and its end: a finalization of an ordinary invoice takes some forty,
   *  one of hundreds of lines a few for each four of them. */
  advanceReserve: 200,
  /** How often, and how far apart, an advance looks whether the queue is done with a job that it has met there: the calls of a webhook
   *  take a moment. */
  advanceLooks: 20,
  advanceLookMs: 250,
  /** Advances that wait for their turn and are reminded of by one tick of cron. */
  advancesPerTick: 100,
  /** Endpoints of a tenant: each event is looked at for each of them. */
  webhookEndpoints: 20,
  webhookUrlLength: 2_048,
  /** How long a receiver may take: it answers first and works then. */
  webhookTimeoutMs: 10_000,
  /** What the log keeps of an answer and of a fault: enough to see what it is. And the tries that it keeps: the last ones. */
  webhookResponseBytes: KIB,
  webhookErrorLength: 500,
  webhookAttemptsKept: 20,
  /** Events that an endpoint gets deliveries of at once: one batch of D1. */
  webhookFanOut: 50,
  /** Deliveries to one endpoint at once: an invocation has six connections. */
  webhooksSideBySide: 6,
  /** How long a job goes on sending to an endpoint before it leaves the rest to another one: a slow receiver must not hold up what else
   *  is in its batch. */
  webhookJobMs: 20_000,
  /** How often one job looks for more to send; then another one goes on. */
  webhookRounds: 20,
  /** How long a mail provider may take. */
  mailTimeoutMs: 10_000,
  /** Lines of an invoice that its mail has; the others are in the invoice itself. */
  mailLines: 50,
  /** How long a link to the page for payment methods is good: one that was asked for is followed at once, one in a mail when it is read. */
  methodLinkMs: 24 * 3_600_000,
  mailLinkMs: 30 * 86_400_000,
  returnUrlLength: 2_048,
  /** A form of a page, which has a choice and no text. */
  formBytes: 16 * KIB,
  /** How long a job may have an endpoint for itself: far more than a round of calls takes, all of them timing out twice. */
  webhookLeaseMs: 2 * 60_000,
  /** Events and deliveries stay for reading this long: whoever was away for longer starts from the lists of the API. */
  webhooksKeptMs: 30 * 86_400_000,
  /** Customers of one page of the daily audit, and pages of one job: some seconds of D1; another job takes the rest. */
  auditPage: 100,
  auditPagesPerJob: 10,
  /** Tenants whose audit one tick begins, and how often each is audited: ten thousand tenants are begun within two hours. */
  auditsPerTick: 100,
  auditEveryMs: 24 * 3_600_000,
  /** Months of one report of revenue: three years. Each is a balance of all accounts. */
  ledgerMonths: 36,
  /** Done agenda rows stay for reading this long. */
  doneJobsKeptMs: 90 * 86_400_000,
  /** How old a signed call of a processor may be: what Stripe's own libraries tolerate. */
  webhookToleranceMs: 5 * 60_000,
  /** How long a call to a payment processor may take, a third of what a request may live: then its answer counts as lost. */
  processorTimeoutMs: 20_000,
  /** Charges that are looked through, page by page, for a key that Stripe's search does not show yet: those of one customer since Stripe
   *  forgot the key, after which asking again would charge again. As many pages as fit into a job. */
  recentCharges: 10_000,
  recentChargesMs: 36 * 3_600_000,
  /** A method's name at a processor: Stripe's have some thirty characters. */
  methodRefLength: 255,
  paymentMethodsPerCustomer: 50,
  /** Wallets of one customer: all are looked at with each invoice. */
  walletsPerCustomer: 20,
  /** Grants of one customer by hand with something left: an invoice may draw all of them in one commit. Credit that a payment or invoice
   *  leaves comes on top: a commit takes many grants in few statements. */
  grantsPerCustomer: 100,
  /** What wallets and grants are ordered by. */
  walletPriority: 1_000,
  /** SKUs and tags of a scope, each. */
  creditScope: 50,
  /** What processors told is kept so long: far longer than any of them tells an event again, or a payment waits for its name. */
  processorEventsKeptMs: 90 * 86_400_000,
  /** What the sandbox made is kept so long, by the wall: until then its charges can be refunded, and its events read. */
  sandboxKeptMs: 180 * 86_400_000,
  /** Addresses besides our own to which the sandbox tells its events: the Billy API sets one for each company. */
  sandboxWebhooks: 5,
  /** When the cards of the sandbox expire: after the last time that a test clock shows. */
  sandboxCardExpiresOn: "2200-12-31",
  /** Billy's lists have no bound of their own: who asks for more gets this much and is told so, and goes on from there. */
  billyPageSize: 1_000,
  /** What a number in a form may be: ten thousand million dollars in cents, whose sums stay exact. */
  billyNumber: 1_000_000_000_000,
} as const
