// What makes pages live. Without it they show the same, and every form works.
"use strict";

/** Shortest time between two looks at the page, in milliseconds. */
const REST_MS = 1_500;
/** Ages of what does not change grow: the page is looked at again after this time. */
const OLD_MS = 60_000;

const root = document.documentElement;
root.classList.add("live");

/** Lets an element become as another one, changing as little as possible: what is open, marked or focused stays so. */
function morph(from, to) {
  if (from.isEqualNode(to)) return;
  if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName) return void from.replaceWith(to.cloneNode(true));
  if (from.nodeType !== Node.ELEMENT_NODE) return void (from.nodeValue = to.nodeValue);
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !(name === "open" && from.nodeName === "DETAILS")) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && !(name === "open" && from.nodeName === "DETAILS"))
      from.setAttribute(name, value);
  }
  const before = [...from.childNodes];
  const after = [...to.childNodes];
  after.forEach((node, index) => {
    if (before[index]) morph(before[index], node);
    else from.append(node.cloneNode(true));
  });
  for (const node of before.slice(after.length)) node.remove();
}

/** Whether somebody is choosing in it just now. */
const isInUse = (element) =>
  element.contains(document.activeElement) && /^(SELECT|INPUT)$/.test(document.activeElement.nodeName);

async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "error" });
  if (!answer.ok && answer.status !== 404) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!answer.ok) return void morph(document.querySelector("main"), page.querySelector("main"));
  for (const section of document.querySelectorAll("[data-live]")) {
    const next = page.getElementById(section.id);
    if (next && !isInUse(section)) morph(section, next);
  }
  document.title = page.title;
  toEnd();
}

const log = document.getElementById("log");
const follow = document.getElementById("follow");

function toEnd() {
  if (log && follow?.checked) log.scrollTop = log.scrollHeight;
}

/** Pieces of a log that a page keeps at most. */
const MOST_PIECES = 500;

/** Adds what a log says from now on. */
function tail(address) {
  const source = new EventSource(address);
  source.addEventListener("log", (event) => {
    document.getElementById("note")?.remove();
    log.append(
      JSON.parse(event.data)
        .lines.map((line) => `${line}\n`)
        .join(""),
    );
    while (log.childNodes.length > MOST_PIECES) log.firstChild.remove();
    toEnd();
  });
  source.addEventListener("open", () => say(""));
  source.addEventListener("error", () =>
    say(source.readyState === EventSource.CLOSED ? "The log has ended" : "Connecting again …"),
  );
}

function say(text) {
  const connection = document.querySelector(".connection");
  if (!connection) return;
  connection.textContent = text;
  connection.hidden = text === "";
}

function listen(address) {
  let timer;
  let isBusy = false;
  const soon = (wait = 150) => {
    timer ??= setTimeout(look, wait);
  };
  async function look() {
    timer = undefined;
    if (document.hidden || isBusy) return;
    isBusy = true;
    try {
      await refresh();
      say("");
    } catch {
      say("Not up to date");
      soon(5 * REST_MS);
    }
    setTimeout(() => {
      isBusy = false;
      if (isMissed) soon();
      isMissed = false;
    }, REST_MS);
  }
  let isMissed = false;
  const changed = () => {
    if (isBusy) isMissed = true;
    else soon();
  };
  const source = new EventSource(address);
  source.addEventListener("change", changed);
  source.addEventListener("error", () => say("Connecting again …"));
  source.addEventListener("open", () => say(""));
  document.addEventListener("visibilitychange", changed);
  setInterval(changed, OLD_MS);
}

if (log?.dataset.tail) tail(log.dataset.tail);
if (document.body.dataset.events) listen(document.body.dataset.events);
document.querySelector(".follow")?.removeAttribute("hidden");
follow?.addEventListener("change", toEnd);
log?.addEventListener("scroll", () => {
  // Who scrolls back wants to read.
  follow.checked = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
});
toEnd();

const search = document.getElementById("search");
document.addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.nodeName ?? "");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey || !search) return;
  event.preventDefault();
  search.focus();
  search.select();
});
for (const select of document.querySelectorAll(".filters select"))
  select.addEventListener("change", () => select.form.requestSubmit());
