// What the page says, in its language: sentences from the catalogue that came with it, dates and numbers by its locale.

const catalogue = JSON.parse(document.getElementById("catalogue").textContent);
export const LANGUAGE = document.documentElement.lang;
export const LOCALE = catalogue.locale;
const order = ["zero", "one", "two", "few", "many", "other"];
const rules = new Intl.PluralRules(LOCALE);
const forms = order.filter((one) => rules.resolvedOptions().pluralCategories.includes(one));

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

export function say(message, values = {}) {
  return filled(catalogue.messages[message] ?? message, values);
}

// gettext counts a language's plural forms in this order too; where it knows fewer, the last is of all others.
export function sayMany(one, many, n, values = {}) {
  const said = catalogue.messages[one] ?? [one, many];
  return filled(said[Math.min(forms.indexOf(rules.select(n)), said.length - 1)], { n, ...values });
}

export function languageName(tag) {
  const name = new Intl.DisplayNames([LOCALE], { type: "language" }).of(tag);
  return `${name[0].toLocaleUpperCase(LOCALE)}${name.slice(1)}`;
}

// The same page in another language; what stands behind the # goes with it.
export function reopen(tag) {
  location.replace(`${location.pathname}?lang=${encodeURIComponent(tag)}${location.hash}`);
}
