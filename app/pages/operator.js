// The operator's page: logging in, the live list, and what can be done with one negotiation.

import { drawMessages, drawNegotiation, firstShown } from "./behind.js";
import { $, keepFocus, sentence, tell } from "./dom.js";
import { drawFindings } from "./findings.js";
import { LANGUAGE, reopen, say } from "./language.js";
import { drawList, FILTERS } from "./list.js";
import { drawScore } from "./panels.js";

const REFRESH_MS = 1500;
const PAGE = 100;
let login = null;
let chosen = null;
let pages = 1;
let scored = "";
let unsent = "";
let lost = false;
let confirmable = false; // what was refused last is done if it is sent once more

async function api(method, path, body) {
  let response;
  try {
    response = await fetch(`/api${path}`, {
      method,
      headers: { "Accept-Language": LANGUAGE, ...(login ? { "X-CSRF": login.csrf } : {}), ...(body ? { "Content-Type": "application/json" } : {}) },
      body: body ? JSON.stringify(body) : undefined,
      cache: "no-store",
    });
  } catch (error) {
    lost = true;
    tell($("problem"), say("The connection is lost; trying again."));
    return null;
  }
  const text = await response.text();
  if (response.ok) return text ? JSON.parse(text) : true;
  if (response.status === 401 && path !== "/login") return leave();
  let detail = "";
  confirmable = false;
  try { ({ detail, confirm: confirmable = false } = JSON.parse(text)); } catch (error) { /* no JSON */ }
  if (response.status !== 401 || method === "POST") {
    tell($("problem"), typeof detail === "string" && detail ? sentence(detail) : say("That did not work ({status}).", { status: response.status }));
  }
  return null;
}

async function act(method, path, body) {
  tell($("problem"), "");
  return api(method, path, body);
}

function leave() {
  login = null;
  chosen = null;
  document.title = say("Negotiations");
  tell($("me"), "");
  $("login").hidden = false;
  $("desk").hidden = $("logout").hidden = true;
  $("name").focus();
  return null;
}

function enter(found) {
  login = found;
  tell($("me"), login.operator);
  document.body.classList.toggle("reads", login.role === "reads");
  $("login").hidden = true;
  $("desk").hidden = $("logout").hidden = false;
  return refresh();
}

async function refresh() {
  if (!login || document.hidden) return;
  const filter = FILTERS.find((one) => one.id === $("filter").value)?.query ?? "";
  const asked = Array.from({ length: pages }, (_, page) => api("GET", `/negotiations?offset=${page * PAGE}${filter}`));
  const [counts, ...lists] = await Promise.all([api("GET", "/counts"), ...asked]);
  if (!counts || lists.some((list) => !list)) return;
  if (lost) tell($("problem"), "");
  lost = false;
  drawList(lists.flat(), counts, chosen, choose);
  $("more").hidden = lists.at(-1).length < PAGE;
  if (chosen) await refreshOne();
}

async function refreshOne() {
  const view = await api("GET", `/negotiations/${chosen}`);
  if (!view || view.id !== chosen) return;
  const focused = document.activeElement;
  $("one").hidden = false;
  drawNegotiation(view, login.operator);
  drawFindings($("open-findings"), $("findings"), view.findings, lift);
  keepFocus(focused, $("one-title"));
  const now = `${view.id} ${view.messages.at(-1)?.position} ${view.status}`;
  if (now === scored || !view.messages.some((one) => one.move)) return;
  const card = await api("GET", `/negotiations/${view.id}/score`);
  if (!card || view.id !== chosen) return;
  drawScore(card);
  scored = now;
}

async function lift(finding, reason) {
  await act("POST", `/findings/${finding}/lift`, { reason });
  if (!$("case-findings").hidden) await showCase($("case").value.trim());
  await refresh();
}

async function showCase(case_id) {
  const found = case_id ? await api("GET", `/findings?case_id=${encodeURIComponent(case_id)}`) : [];
  drawFindings($("case-findings"), $("case-list"), found || [], lift);
}

async function choose(id) {
  chosen = id;
  scored = "";
  $("values").replaceChildren();
  $("link-box").hidden = true;
  tell($("problem"), "");
  $("desk").classList.toggle("chosen", Boolean(id));
  $("one").hidden = !id;
  await refresh();
  if (id) $("one-title").focus();
}

function showLink(address) {
  $("address").value = address;
  tell($("copied"), "");
  $("link-box").hidden = false;
}

$("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const found = await act("POST", "/login", { name: $("name").value, password: $("password").value, code: $("code").value });
  $("password").value = $("code").value = "";
  if (found) await enter(found);
  else $("password").focus();
});
$("logout").addEventListener("click", async () => { await act("POST", "/logout"); leave(); });
$("begin").addEventListener("submit", async (event) => {
  event.preventDefault();
  const asked = { case_id: $("case").value.trim(), timezone: $("timezone").value.trim() || null, asked_for: $("asked").checked, language: $("speak").value || null };
  const made = await act("POST", "/negotiations", asked);
  if (!made) return showCase(asked.case_id);
  drawFindings($("case-findings"), $("case-list"), [], lift);
  $("starting").open = false;
  await choose(made.id);
  showLink(made.link);
});
$("write").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("words").value;
  const confirmed = unsent === `${chosen} ${text}`;
  if (await act("POST", `/negotiations/${chosen}/messages`, { text, confirmed })) $("words").value = unsent = "";
  else unsent = confirmable ? `${chosen} ${text}` : ""; // it breaks a rule, and was said so
  await refreshOne();
  $("words").focus();
});
for (const [button, path] of [["take-over", "take-over"], ["hand-back", "hand-back"], ["really", "close"]]) {
  $(button).addEventListener("click", async () => {
    $("closing").close();
    await act("POST", `/negotiations/${chosen}/${path}`);
    await refresh();
    if (button === "take-over") $("words").focus();
  });
}
$("close").addEventListener("click", () => $("closing").showModal());
$("stay").addEventListener("click", () => $("closing").close());
$("link").addEventListener("click", async () => {
  const made = await act("POST", `/negotiations/${chosen}/link`);
  if (made) showLink(made.link);
});
$("copy").addEventListener("click", async () => {
  $("address").select();
  // Browsers give the clipboard only to pages under TLS; the old way also works where a tester has none.
  const written = await navigator.clipboard?.writeText($("address").value).then(() => true, () => false);
  tell($("copied"), written || document.execCommand("copy") ? say("Copied.") : say("It is marked; copy it with the keyboard."));
});
$("back").addEventListener("click", async () => {
  const before = chosen;
  await choose(null);
  (document.querySelector(`[data-id="${before}"]`) || $("filter")).focus();
});
$("earlier").addEventListener("click", async () => {
  const found = await api("GET", `/negotiations/${chosen}/messages?before=${firstShown()}`);
  if (!found) return;
  drawMessages(found, Number($("ladder").childElementCount));
  keepFocus($("earlier"), $("one-title"));
});
$("filter").addEventListener("change", () => { pages = 1; refresh(); });
$("more").addEventListener("click", () => { pages += 1; refresh(); });
$("language").addEventListener("change", () => {
  document.cookie = `maden_language=${$("language").value}; path=/operator; max-age=31536000; samesite=strict`;
  reopen($("language").value);
});
document.addEventListener("visibilitychange", refresh);

const known = await api("GET", "/login");
if (known) await enter(known);
else leave();
setInterval(refresh, REFRESH_MS);
