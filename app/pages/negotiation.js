"use strict";
// The debtor's page. The link's secret stands behind the #, so it is in no request line and no log.

const token = decodeURIComponent(location.hash.slice(1));
const headers = { Authorization: `Bearer ${token}` };
const $ = (id) => document.getElementById(id);
const names = { you: "You", assistant: "Assistant", person: "A person", service: "Service" };
const ended = {
  agreed: "You have agreed to this plan. Keep this page or print it.",
  declined: "This conversation has ended without an agreement.",
  exhausted: "A person will look at your case and get in touch.",
  with_a_person: "A person takes over. You can go on writing; they will read it.",
  stopped: "No further messages will come from here.",
};
let shown = 0;
let plan = null;
let unsent = null;

async function call(path, body, more) {
  const response = await fetch(`/api/debtor${path}`, {
    method: "POST",
    headers: { ...headers, ...(body ? { "Content-Type": "application/json" } : {}), ...more },
    body: body ? JSON.stringify(body) : undefined,
  });
  if (response.ok) return true;
  const detail = (await response.json().catch(() => ({}))).detail;
  problem(typeof detail === "string" ? detail : "That did not work; please try again.");
  return false;
}

function problem(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

function show(view) {
  $("about").textContent = [view.name, view.about].filter(Boolean).join(": ");
  $("assistant").textContent = view.assistant;
  for (const message of view.messages.slice(shown)) $("messages").append(line(message));
  if (view.messages.length > shown) $("messages").lastElementChild.scrollIntoView({ block: "nearest" });
  shown = view.messages.length;
  $("answering").textContent = ended[view.status] || (view.answering ? "The assistant is writing…" : "");
  showPlan(view);
  const silent = view.status === "agreed" || view.status === "stopped";
  $("say").hidden = silent;
  $("decline").hidden = ended[view.status] !== undefined;
  $("person").hidden = silent || view.status === "with_a_person";
}

function line(message) {
  const item = element("li", undefined, message.sender);
  const head = element("p", names[message.sender], "who");
  const time = element("time", new Date(message.at).toLocaleString());
  time.dateTime = message.at;
  head.append(" ", time);
  item.append(head, ...message.text.split("\n\n").map((part) => element("p", part)));
  return item;
}

function showPlan(view) {
  plan = view.agreed || view.to_confirm || view.offer;
  $("plan").hidden = !plan;
  $("accept").hidden = !view.offer || Boolean(view.to_confirm);
  if (!plan) return;
  $("plan-title").textContent = view.agreed ? "Your plan" : view.to_confirm ? "Do you agree to this plan?" : "The creditor's offer";
  $("plan-note").textContent = view.to_confirm ? "Read it to the end. It binds you only once you have agreed below." : "";
  const facts = [
    ["You owe", plan.debt],
    ["Forgiven", plan.forgiven],
    ["You pay in all", plan.total],
    ["First payment", `${plan.payments[0].amount} by ${day(plan.payments[0].due)}`],
    ["Payments", String(plan.payments.length)],
    ["Last payment", `${plan.payments.at(-1).amount} by ${day(plan.ends)}`],
  ];
  $("plan-facts").replaceChildren(...facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
  $("payments").replaceChildren(...plan.payments.map((payment) => {
    const row = element("tr");
    row.append(element("td", day(payment.due)), element("td", payment.amount));
    return row;
  }));
  $("plan-details").open = Boolean(view.to_confirm || view.agreed);
  $("confirm").hidden = $("not-yet").hidden = !view.to_confirm;
}

function day(text) {
  return new Date(`${text}T12:00:00`).toLocaleDateString(undefined, { day: "numeric", month: "long", year: "numeric" });
}

async function send(text) {
  // The same key until it has arrived: sent twice, it is one message.
  unsent = unsent && unsent.text === text ? unsent : { text, key: crypto.randomUUID() };
  problem("");
  if (!(await call("/messages", { text }, { "Idempotency-Key": unsent.key }))) return false;
  unsent = null;
  return true;
}

$("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("send").disabled = true;
  try {
    if (await send($("text").value.trim())) $("text").value = "";
  } catch (error) {
    problem("There is no connection; your message is still here, send it again.");
  } finally {
    $("send").disabled = false;
    $("text").focus();
  }
});
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("say").requestSubmit();
});
$("accept").addEventListener("click", async () => {
  if (await call("/accept")) $("plan").scrollIntoView({ block: "start" });
});
$("confirm").addEventListener("click", () => call("/confirm", { plan: plan.id }));
$("not-yet").addEventListener("click", () => call("/reconsider").then(() => $("text").focus()));
$("person").addEventListener("click", () => call("/person"));
$("decline").addEventListener("click", () => {
  if (confirm("End this conversation without an agreement?")) call("/decline");
});

if (token) {
  follow("/api/debtor/events", headers, show, (text, final) => {
    problem(text);
    if (final) document.querySelectorAll("main section, main form, footer").forEach((one) => { one.hidden = true; });
  });
} else {
  problem("This page opens with the link that was sent to you.");
}
