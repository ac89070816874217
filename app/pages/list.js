// The list of negotiations: one button each, what waits for a person marked and counted.

import { $, element, moment, tell } from "./dom.js";
import { say, sayMany } from "./language.js";

export const STATES = {
  open: say("Negotiating"), confirming: say("Confirming"), agreed: say("Agreed"), declined: say("Ended"),
  exhausted: say("No plan found"), with_a_person: say("With a person"), stopped: say("Stopped"),
  abandoned: say("Abandoned"),
};
export const FILTERS = [
  { id: "all", name: say("All"), query: "", count: (counts) => Object.values(counts.by_status).reduce((a, b) => a + b, 0) },
  { id: "waiting", name: say("Waiting for a person"), query: "&needs_a_person=true", count: (counts) => counts.needs_a_person },
  ...Object.entries(STATES).map(([status, name]) => (
    { id: status, name, query: `&status=${status}`, count: (counts) => counts.by_status[status] || 0 })),
];
let drawn = "";

export function drawList(list, counts, chosen, choose) {
  drawCounts(counts);
  const now = JSON.stringify([list, chosen]);
  if (now === drawn) return;
  drawn = now;
  const focused = document.activeElement?.dataset?.id;
  $("list").replaceChildren(...list.map((one) => entry(one, chosen, choose)));
  $("none").hidden = list.length > 0;
  if (focused) document.querySelector(`[data-id="${focused}"]`)?.focus();
}

function drawCounts(counts) {
  const number = counts.needs_a_person;
  const text = number ? sayMany("{n} waits for a person", "{n} wait for a person", number)
    : say("Nobody waits for a person");
  tell($("waiting"), text);
  $("waiting").classList.toggle("some", number > 0);
  document.title = (number ? `(${number}) ` : "") + say("Negotiations");
  const before = $("filter").value || "all";
  const names = FILTERS.map((one) => [one.id, `${one.name} (${one.count(counts)})`]);
  if ($("filter").dataset.names === JSON.stringify(names)) return;
  $("filter").dataset.names = JSON.stringify(names);
  $("filter").replaceChildren(...names.map(([id, name]) => {
    const option = element("option", name);
    option.value = id;
    option.selected = id === before;
    return option;
  }));
}

function entry(one, chosen, choose) {
  const open = element("button", undefined, one.needs_a_person ? "entry waits" : "entry");
  open.type = "button";
  open.dataset.id = one.id;
  if (one.id === chosen) open.setAttribute("aria-current", "true");
  open.addEventListener("click", () => choose(one.id));
  const who = element("span", undefined, "name");
  who.append(one.name ? `${one.name}, ` : "", one.case_id);
  const state = element("span", undefined, "tags");
  state.append(pill(one.status));
  if (one.needs_a_person) state.append(element("span", say("Waits for a person"), "pill wait"));
  if (one.answering) state.append(element("span", say("Answering"), "pill"));
  const messages = sayMany("{n} message", "{n} messages", one.messages);
  const more = element("span", `${[one.debt, messages, one.operator].filter(Boolean).join(" · ")} · `, "quiet");
  more.append(moment(one.latest));
  open.append(who, state, more);
  const item = element("li");
  item.append(open);
  return item;
}

export function pill(status) {
  return element("span", STATES[status] || status, `pill ${status}`);
}
