// What both pages draw with. Text is only ever set as text, so that nothing a person or a model wrote becomes markup.

import { LOCALE, sayMany } from "./language.js";

export const $ = (id) => document.getElementById(id);

export function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

export function fill(list, facts) {
  list.replaceChildren(...facts.flatMap(([name, value]) => {
    const told = element("dd");
    told.append(value);
    return [element("dt", name), told];
  }));
}

// `language` is that of the words, where it is known: a screen reader then speaks them right.
export function paragraphs(text, language) {
  return text.split("\n\n").map((part) => {
    const made = element("p", part, "said");
    if (language) made.lang = language;
    return made;
  });
}

const LONGEST_UNBROKEN = 18; // characters; "29 de septiembre de 2027" would not fit beside its name on a phone

// One language for dates and text, so that a screen reader does not read German months in an English sentence.
export function day(text) {
  const named = { day: "numeric", month: "long", year: "numeric" };
  const written = new Date(`${text}T12:00:00`).toLocaleDateString(LOCALE, named);
  return written.length > LONGEST_UNBROKEN ? written : written.replaceAll(" ", "\u00a0");
}

export function sentence(text) {
  const end = /[.!?\u3002\uff01\uff1f]$/.test(text) ? "" : /[\u3400-\u9fff]$/.test(text) ? "\u3002" : ".";
  return `${text[0].toLocaleUpperCase(LOCALE)}${text.slice(1)}${end}`;
}

// Sentences one after another; full-width marks bring their own space.
export function flowing(sentences) {
  return sentences.filter(Boolean).reduce((text, one) => (/[\u3002\uff01\uff1f]$/.test(text) || !text ? text + one : `${text} ${one}`), "");
}

export function moment(text) {
  const at = new Date(text);
  const today = at.toDateString() === new Date().toDateString();
  const made = element("time", at.toLocaleString(LOCALE, today
    ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }));
  made.dateTime = text;
  return made;
}

export function payments(body, plan) {
  body.replaceChildren(...plan.payments.map((payment) => {
    const row = element("tr");
    row.append(element("td", day(payment.due)), element("td", payment.amount));
    return row;
  }));
}

// "12 monthly payments of CNY 500.00", and what the last one is where rounding makes it another.
export function later(plan) {
  const rest = plan.payments.slice(1);
  if (!rest.length) return "";
  const each = rest[0].amount;
  const last = rest.at(-1).amount;
  if (each === last) return sayMany("{n} payment of {each}", "{n} monthly payments of {each}", rest.length, { each });
  return sayMany("{n} payment of {each} and a last one of {last}",
    "{n} monthly payments of {each} and a last one of {last}", rest.length - 1, { each, last });
}

// What has role=status stays in sight while it is empty: a screen reader may miss words in what has just appeared.
export function tell(place, text) {
  if (place.textContent !== text) place.textContent = text;
  if (place.role !== "status") place.hidden = !text;
}

// Drawing anew may take away what had the focus; it then goes on to the first place that is there.
export function keepFocus(before, ...places) {
  if (!before || before === document.body || (before.isConnected && before.checkVisibility())) return;
  places.find((place) => place.checkVisibility())?.focus();
}
