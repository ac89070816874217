// The debtor's page. The link's secret stands behind the #, so it is in no request line and no log.

import { $, day, element, fill, keepFocus, later, moment, paragraphs, payments, sentence, tell } from "./dom.js";
import { follow } from "./events.js";
import { LANGUAGE, reopen, say } from "./language.js";

const token = decodeURIComponent(location.hash.slice(1));
const headers = { Authorization: `Bearer ${token}`, "Accept-Language": LANGUAGE };
const names = { you: say("You"), assistant: say("Assistant"), person: say("A person"), service: say("Note") };
const states = {
  agreed: say("You have agreed to this plan. Keep this page or print it."),
  declined: say("This conversation has ended without an agreement. To take it up again, write to or call the creditor."),
  exhausted: say("A person will look at your case and get in touch. You can go on writing; they will read it."),
  with_a_person: say("A person takes over. You can go on writing; they will read it."),
  stopped: say("No further messages will come from here."),
  abandoned: say("This conversation has ended, since nothing was written for a long time. To take it up again, write to or call the creditor."),
};
const silent = ["agreed", "declined", "stopped", "abandoned"];
const lines = new Map(); // of the messages on the page, by position
let last = null;
let unsent = null;

async function call(path, body, more) {
  problem("");
  let response;
  try {
    response = await fetch(`/api/debtor${path}`, {
      method: "POST",
      headers: { ...headers, ...(body ? { "Content-Type": "application/json" } : {}), ...more },
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch (error) {
    problem(path === "/messages" ? say("There is no connection. Your message is still here; send it again.")
      : say("There is no connection; please try again."));
    return false;
  }
  if (response.ok) return true;
  const detail = (await response.json().catch(() => ({}))).detail;
  problem(typeof detail === "string" ? sentence(detail) : say("That did not work; please try again."));
  return false;
}

function problem(text) {
  tell($("problem"), text);
}

function show(view) {
  const focused = document.activeElement;
  if (inOtherLanguage(view)) return;
  $("about").textContent = [view.name, view.about].filter(Boolean).join(": ");
  $("assistant").textContent = view.assistant;
  tell($("state"), states[view.status] || (view.answering ? say("The assistant is writing…") : ""));
  $("state").classList.toggle("writing", view.answering && !states[view.status]);
  showPlan(view);
  $("say").hidden = silent.includes(view.status);
  $("choices").hidden = states[view.status] !== undefined;
  $("accept").hidden = !view.offer || Boolean(view.to_confirm) || view.asks_to_leave;
  $("asked-to-leave").hidden = !view.asks_to_leave;
  append(view.messages);
  moveOn(view, focused);
  last = view;
}

// The conversation's language is the page's. Of somebody whose language nobody knows, it becomes the browser's.
function inOtherLanguage(view) {
  if (view.language === LANGUAGE) return false;
  if (!view.language_known && !last) {
    call("/language", { language: LANGUAGE });
    return false;
  }
  reopen(view.language);
  return true;
}

// What comes is new or has changed; after a long time without a connection the latest may not follow on what is there.
function append(messages) {
  const atEnd = innerHeight + scrollY > document.documentElement.scrollHeight - innerHeight / 2;
  if (messages.length && lines.size && messages[0].position > Math.max(...lines.keys()) + 1) {
    lines.clear();
    $("messages").replaceChildren();
  }
  const fresh = messages.filter((message) => !lines.has(message.position));
  for (const message of fresh) $("messages").append(kept(message));
  for (const message of messages) showUnderstood(lines.get(message.position), message);
  offerEarlier();
  // As far down as there is something, but no further than the beginning of what is new.
  if (fresh.length && atEnd) $("messages").lastElementChild.scrollIntoView({ block: "start" });
  // What was said before the page opened is there to be read; what comes from now on is announced.
  if (!last) setTimeout(() => $("log").setAttribute("aria-live", "polite"), 200);
}

function kept(message) {
  lines.set(message.position, line(message));
  return lines.get(message.position);
}

function offerEarlier() {
  $("earlier").hidden = !lines.size || Math.min(...lines.keys()) === 1;
}

async function showEarlier() {
  const before = Math.min(...lines.keys());
  const response = await fetch(`/api/debtor/messages?before=${before}`, { headers, cache: "no-store" }).catch(() => null);
  if (!response?.ok) return problem(say("That did not work; please try again."));
  const found = await response.json();
  $("log").setAttribute("aria-live", "off"); // what was said long ago is no news
  $("messages").prepend(...found.map(kept));
  for (const message of found) showUnderstood(lines.get(message.position), message);
  offerEarlier();
  keepFocus($("earlier"), $("state"));
  setTimeout(() => $("log").setAttribute("aria-live", "polite"), 200);
}

function line(message) {
  const item = element("li", undefined, message.sender);
  const head = element("p", names[message.sender], "who");
  head.append(" ", moment(message.at));
  item.append(head, ...paragraphs(message.text, message.language));
  return item;
}

// Under one's own words: what they were taken to mean, and a way to say that it is not so.
function showUnderstood(item, message) {
  const now = JSON.stringify([message.understood, message.correctable]);
  if (!message.understood || item.dataset.understood === now) return;
  item.dataset.understood = now;
  const box = element("div", undefined, "understood");
  box.append(element("p", message.understood, "quiet"));
  if (message.correctable) {
    const wrong = element("button", say("That is not what I mean"));
    wrong.type = "button";
    wrong.addEventListener("click", () => call("/correct", { position: message.position }));
    box.append(wrong);
  }
  item.querySelector(".understood")?.remove();
  item.append(box);
}

// Where the focus goes when a step opens or closes. Whoever is typing is left alone.
function moveOn(view, focused) {
  const typing = focused === $("text") && $("text").value.trim();
  const opened = last && ((view.to_confirm && !last.to_confirm) || (view.agreed && !last.agreed));
  if (opened && !typing) {
    $("plan-title").focus({ preventScroll: true });
    $("plan").scrollIntoView({ block: "start" });
  } else {
    keepFocus(focused, $("text"), $("state"));
  }
}

function showPlan(view) {
  const plan = view.agreed || view.to_confirm || view.offer;
  $("plan").hidden = !plan;
  if (!plan) return;
  const before = last && (last.agreed || last.to_confirm || last.offer);
  $("plan").classList.toggle("asking", Boolean(view.to_confirm));
  $("plan-title").textContent = view.agreed ? say("Your plan")
    : view.to_confirm ? say("Do you agree to this plan?") : say("The creditor's offer");
  tell($("plan-note"), view.to_confirm ? say("Read it to the end. It binds you only once you have agreed below.") : "");
  $("total").textContent = plan.total;
  fill($("plan-facts"), [
    [say("You owe today"), plan.debt],
    [say("Forgiven"), /[1-9]/.test(plan.forgiven) ? plan.forgiven : say("nothing")],
    [say("First payment"), say("{amount} by {day}", { amount: plan.payments[0].amount, day: day(plan.payments[0].due) })],
    [say("After that"), later(plan) || say("nothing")],
    [say("Last payment"), say("by {day}", { day: day(plan.ends) })],
  ]);
  payments($("payments"), plan);
  const whole = Boolean(view.to_confirm || view.agreed);
  if (whole || !before || last.to_confirm) $("plan-details").open = whole;
  $("confirmation").hidden = !view.to_confirm;
  $("confirm").dataset.plan = plan.id;
  $("printing").hidden = !view.agreed;
}

async function send(text) {
  // The same key until it has arrived: sent twice, it is one message.
  unsent = unsent && unsent.text === text ? unsent : { text, key: crypto.getRandomValues(new Uint32Array(4)).join("-") };
  if (!(await call("/messages", { text }, { "Idempotency-Key": unsent.key }))) return false;
  unsent = null;
  return true;
}

$("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  $("send").disabled = true;
  if (await send(text) && $("text").value.trim() === text) $("text").value = "";
  $("send").disabled = false;
  $("text").focus();
});
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("say").requestSubmit();
});
$("earlier").addEventListener("click", showEarlier);
$("accept").addEventListener("click", () => call("/accept"));
$("confirm").addEventListener("click", () => call("/confirm", { plan: $("confirm").dataset.plan }));
$("not-yet").addEventListener("click", () => call("/reconsider"));
$("person").addEventListener("click", () => call("/person"));
$("decline").addEventListener("click", () => $("leaving").showModal());
$("yes-leave").addEventListener("click", () => call("/decline"));
$("no-stay").addEventListener("click", () => call("/reconsider"));
$("stay").addEventListener("click", () => $("leaving").close());
$("leave").addEventListener("click", () => {
  $("leaving").close();
  call("/decline");
});
$("language").addEventListener("change", async () => {
  const wanted = $("language").value;
  if (!token || $("room").hidden || await call("/language", { language: wanted })) reopen(wanted);
  else $("language").value = LANGUAGE;
});
$("print").addEventListener("click", () => print());
addEventListener("hashchange", () => location.reload());
// Where a keyboard lies over the page instead of making it shorter (iOS), what is docked stands on the keyboard.
window.visualViewport?.addEventListener("resize", () => {
  const covered = Math.max(0, innerHeight - visualViewport.height);
  document.documentElement.style.setProperty("--keyboard", visualViewport.scale > 1 ? "0px" : `${covered}px`);
});

// What scrolls into sight stops above what is docked, however tall that is.
new ResizeObserver(() => {
  document.documentElement.style.setProperty("--dock", `${$("dock").offsetHeight}px`);
}).observe($("dock"));

function close(text) {
  tell($("closed"), sentence(text));
  $("room").hidden = true;
}

if (token) {
  follow("/api/debtor/events", headers, show, (text, final) => (final ? close(text) : tell($("connection"), text)));
} else {
  close(say("This page opens with the link that was sent to you."));
}
