"use strict";
// The operator's page: the live list, and one negotiation with everything that stands behind it.

const $ = (id) => document.getElementById(id);
const REFRESH_MS = 2000;
let csrf = sessionStorage.getItem("csrf") || "";
let chosen = null;
let drawn = "";

async function api(method, path, body) {
  const response = await fetch(`/api${path}`, {
    method,
    headers: { "X-CSRF": csrf, ...(body ? { "Content-Type": "application/json" } : {}) },
    body: body ? JSON.stringify(body) : undefined,
    cache: "no-store",
  });
  if (response.status === 401) {
    $("login").hidden = false;
    $("desk").hidden = $("logout").hidden = true;
    return null;
  }
  const text = await response.text();
  if (!response.ok) {
    let detail = "";
    try { detail = JSON.parse(text).detail; } catch (error) { /* no JSON */ }
    problem(typeof detail === "string" && detail ? detail : `that did not work (${response.status})`);
    return null;
  }
  problem("");
  return text ? JSON.parse(text) : true;
}

function problem(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

async function refresh() {
  const list = await api("GET", "/negotiations");
  if (!list) return;
  $("login").hidden = true;
  $("desk").hidden = $("logout").hidden = false;
  const text = JSON.stringify([list, chosen]);
  if (text !== drawn) drawList(list);
  drawn = text;
  if (chosen) drawOne(await api("GET", `/negotiations/${chosen}`));
}

function drawList(list) {
  const focused = document.activeElement?.dataset?.id;
  $("list").replaceChildren(...list.map((one) => {
    const row = element("tr");
    row.setAttribute("aria-selected", String(one.id === chosen));
    const open = element("button", one.case_id);
    open.type = "button";
    open.dataset.id = one.id;
    open.addEventListener("click", () => { chosen = one.id; shownOne = ""; refresh(); });
    const first = element("td");
    first.append(open);
    row.append(first, element("td", one.status.replaceAll("_", " ") + (one.waiting ? ", writing" : "")),
      element("td", String(one.messages)), element("td", one.operator || ""), element("td", new Date(one.updated).toLocaleTimeString()));
    return row;
  }));
  if (focused) document.querySelector(`[data-id="${focused}"]`)?.focus();
}

let shownOne = "";
async function drawOne(view) {
  if (!view || view.id !== chosen) return;
  const text = JSON.stringify(view);
  if (text === shownOne) return;
  shownOne = text;
  $("one").hidden = false;
  $("one-title").textContent = `${view.case_id}: ${view.status.replaceAll("_", " ")}`;
  const plan = view.agreed || view.pending;
  const facts = [
    ["Debt", view.debt], ["Program", `${view.artifact} (${view.program_sha256.slice(0, 12)})`], ["Model", view.lm],
    ["Rules", `${view.profile}, ${view.timezone}`], ["Operator", view.operator || "none"],
    [view.agreed ? "Agreed" : "Awaits confirmation", plan ? `${plan.payments.length} payments until ${plan.payments.at(-1).due}` : "nothing"],
  ];
  $("facts").replaceChildren(...facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
  $("ladder").replaceChildren(...view.ladder.map((rung) => element("li", rung)));
  $("messages").replaceChildren(...view.messages.map(line));
  $("take-over").disabled = view.status === "agreed";
  $("hand-back").disabled = view.status !== "with_a_person";
  $("write").hidden = !view.operator || ["open", "confirming"].includes(view.status);
  const card = await api("GET", `/negotiations/${view.id}/score`);
  if (card) {
    $("values").replaceChildren(...Object.entries(card.values).flatMap(
      ([name, value]) => [element("dt", name), element("dd", value.toFixed(3))]));
  }
}

function line(message) {
  const item = element("li", undefined, message.sender);
  const head = element("p", message.sender, "who");
  head.append(" ", element("time", new Date(message.at).toLocaleString()));
  item.append(head, ...message.text.split("\n\n").map((part) => element("p", part)));
  const behind = [
    message.move && `move: ${message.move}`, message.thoughts && `thoughts: ${message.thoughts}`,
    ...message.notes,
  ].filter(Boolean);
  for (const text of behind) item.append(element("p", text, "behind"));
  for (const one of message.findings) item.append(element("p", `${one.action}: ${one.rule} ("${one.excerpt}"): ${one.why}; ${one.source}`, "behind finding"));
  return item;
}

$("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("/api/login", {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name: $("name").value, password: $("password").value }),
  });
  const found = await answer.json();
  if (!answer.ok) return problem(found.detail);
  csrf = found.csrf;
  sessionStorage.setItem("csrf", csrf);
  $("password").value = "";
  refresh();
});
$("logout").addEventListener("click", async () => { await api("POST", "/logout"); chosen = null; refresh(); });
$("begin").addEventListener("submit", async (event) => {
  event.preventDefault();
  const made = await api("POST", "/negotiations", { case_id: $("case").value, timezone: $("timezone").value, asked_for: $("asked").checked });
  if (!made) return;
  $("begun").textContent = `The debtor's link: ${made.link}`;
  chosen = made.id;
  refresh();
});
$("write").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await api("POST", `/negotiations/${chosen}/messages`, { text: $("words").value })) $("words").value = "";
  refresh();
});
for (const action of ["take-over", "hand-back", "close"]) {
  $(action).addEventListener("click", async () => { await api("POST", `/negotiations/${chosen}/${action}`); refresh(); });
}
$("link").addEventListener("click", async () => {
  const made = await api("POST", `/negotiations/${chosen}/link`);
  if (made) $("begun").textContent = `The debtor's link: ${made.link}`;
});

refresh();
setInterval(refresh, REFRESH_MS);
