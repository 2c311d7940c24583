// The page on which a customer gives a payment method. In the sandbox test cards are chosen here; a real processor has a page of its own,
// to which this one leads on, and which leads back here.

import { html } from "hono/html"
import type { Outcome } from "../actions/act.ts"
import { comeBack, SETUP_RETURN, setupPage } from "../actions/create-setup.ts"
import type { Visit } from "../actions/give-method.ts"
import { giveMethod, hasGiven, visitByLink } from "../actions/give-method.ts"
import { METHOD_PAGE } from "../actions/method-link.ts"
import { TEST_CARDS, testCard } from "../domain/test-cards.ts"
import { deadLink, messagePage, pageResponse, TEST_MODE } from "./page.ts"
import type { Web, WebCtx } from "./web.ts"

export function register(web: Web): void {
  web.get(METHOD_PAGE, (c) => visited(c, show))
  web.post(METHOD_PAGE, (c) => visited(c, (visit) => choose(c, visit)))
  web.get(SETUP_RETURN, (c) => visited(c, (visit) => returned(c, visit)))
}

async function visited(c: WebCtx, answer: (visit: Visit) => Promise<Response>): Promise<Response> {
  const visit = await visitByLink(c.get("platform"), c.req.query("link") ?? "")
  return visit === null ? deadLink() : answer(visit)
}

function isSandbox({ scope, tenant }: Visit): boolean {
  return scope.platform.processorOf(tenant).name === "sandbox"
}

async function show(visit: Visit): Promise<Response> {
  const { scope, tenant, customer, link } = visit
  if (await hasGiven(visit)) return usedLink()
  if (isSandbox(visit)) return cardsPage(visit)
  const page = await setupPage(scope, tenant, customer, link)
  return page.ok ? Response.redirect(page.value, 303) : refused(page)
}

function usedLink(): Promise<Response> {
  return messagePage(
    "This link was used",
    "A payment method was given by it. Ask for a new link to give another one.",
  )
}

function cardsPage({ tenant, customer, link }: Visit): Promise<Response> {
  const cards = TEST_CARDS.map(
    ({ name, brand, last4, does }, at) =>
      html`<label
        ><input type="radio" name="card" value="${name}" required${at === 0 ? " checked" : ""} />
        <span class="number">${brand} •••• ${last4}</span> <span class="does">${does}</span></label
      >`,
  )
  // The form goes to the page's own address, so nothing of the address is written into the page.
  const body = html`${TEST_MODE}
    <h1>Choose a payment method</h1>
    <p class="soft">${companyOf(tenant)} will charge it for what ${customer.displayName} owes.</p>
    <form method="post">
      <fieldset>
        <legend>Test cards</legend>
        ${cards}
      </fieldset>
      <div class="actions">
        ${link.returnUrl === null ? "" : html`<a class="button" href="${link.returnUrl}">Cancel</a>`}
        <button class="go">Use this card</button>
      </div>
    </form>`
  const leadsTo = link.returnUrl === null ? null : new URL(link.returnUrl).origin
  return pageResponse({ title: "Payment method", body, leadsTo })
}

function companyOf({ settings, name }: Visit["tenant"]): string {
  return settings.companyName ?? name
}

async function choose(c: WebCtx, visit: Visit): Promise<Response> {
  const { card } = await c.req.parseBody()
  const chosen = typeof card === "string" ? testCard(card) : null
  if (chosen === null || !isSandbox(visit)) {
    return messagePage("Which card?", "Go back and choose one of the cards.", 400)
  }
  const given = await giveMethod(visit, { methodRef: chosen.name })
  return given.ok ? thanks(visit) : refused(given)
}

async function returned(c: WebCtx, visit: Visit): Promise<Response> {
  const given = await comeBack(visit, c.req.query("setup") ?? "")
  if (!given.ok) return refused(given)
  return given.value ? thanks(visit) : back(visit, "Nothing was changed")
}

function thanks(visit: Visit): Promise<Response> {
  return back(visit, "Thank you")
}

async function back({ link }: Visit, title: string): Promise<Response> {
  return link.returnUrl === null
    ? messagePage(title, "You can close this page.")
    : Response.redirect(link.returnUrl, 303)
}

function refused(outcome: Extract<Outcome<unknown>, { ok: false }>): Promise<Response> {
  const isAway = outcome.error.code === "processor_unavailable"
  return messagePage("That did not work", outcome.error.detail, isAway ? 503 : 409)
}
