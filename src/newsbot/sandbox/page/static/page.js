"use strict";

const views = new Set(["chats", "x", "panel"]);

function show() {
  const name = location.hash.slice(1);
  const chat = document.querySelector(`.chat[id="${CSS.escape(name)}"]`);
  if (!chat && !views.has(name) && name !== "") return; // a message in a chat
  document.body.dataset.view = chat ? "chat" : name || "chats";
  if (chat) {
    const owner = document.querySelector(`#row-${CSS.escape(name)}`)?.dataset.owner;
    if (owner) be(owner);
    for (const each of document.querySelectorAll(".chat")) each.hidden = each !== chat;
    toEnd(chat.querySelector("[data-end]"));
  }
  mark();
}

function mark() {
  const chat = document.querySelector(".chat:not([hidden])");
  for (const link of document.querySelectorAll(".rows a")) {
    current(link, chat && link.hash === `#${chat.id}`);
  }
  const view = document.body.dataset.view === "chat" ? "chats" : document.body.dataset.view;
  for (const link of document.querySelectorAll(".tabs a")) {
    current(link, link.hash === `#${view}`);
  }
}

function current(link, is) {
  if (is) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
}

function toEnd(list) {
  list.scrollTop = list.scrollHeight;
}

function made(html) {
  const template = document.createElement("template");
  template.innerHTML = html; // escaped where it was rendered
  return template.content.firstElementChild;
}

// Put the pieces of one list in order, with new HTML where there is some; what is not named goes.
function update(list, pieces) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const focused = document.activeElement && document.activeElement.id;
  const wanted = new Set(pieces.map((piece) => piece.key));
  for (const child of [...list.children]) if (!wanted.has(child.id)) child.remove();
  let place = list.firstElementChild;
  for (const { key, html } of pieces) {
    let node = place && place.id === key ? place : list.querySelector(`:scope > [id="${CSS.escape(key)}"]`);
    if (html) {
      const fresh = made(html);
      if (!node) arrived(fresh, list);
      else node.replaceWith(fresh);
      if (node && node === place) place = fresh;
      node = fresh;
    }
    if (node !== place) list.insertBefore(node, place);
    else place = place.nextElementSibling;
  }
  own(list);
  if (list.hasAttribute("data-end") && atEnd) toEnd(list);
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
  mark();
}

// Something new: an alert stays until it is read, and what asks for an answer gets it.
function arrived(node, list) {
  node.classList.add("fresh");
  if (first) return;
  if (node.dataset.alert === "1" && (!me || node.dataset.owner === me.value)) {
    const alert = document.getElementById("alert");
    alert.querySelector(".quoted").textContent = node.textContent;
    if (!alert.open) alert.showModal();
  }
  const form = list.closest(".chat:not([hidden])")?.querySelector("form.write");
  if (form && "force" in node.dataset) about(form, node, "reply");
}

let first = true;

function listen() {
  const live = document.getElementById("live");
  const source = new EventSource("/events");
  setTimeout(() => { first = false; }, 1000);
  source.onopen = () => { live.textContent = "live"; live.className = "on"; };
  source.onerror = () => { live.textContent = "not connected"; live.className = "off"; };
  source.onmessage = (event) => {
    const { list: name, pieces } = JSON.parse(event.data);
    const list = document.querySelector(`[data-list="${CSS.escape(name)}"]`);
    if (list) update(list, pieces);
    else location.reload(); // a chat that was not there before
  };
}

async function act(name, body) {
  const answer = await fetch(`/do/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) document.getElementById("live").textContent = await answer.text();
  return answer.ok;
}

// Who one is: kept over reloads, the same in all chats; other people's private chats are not seen.

const me = document.getElementById("me");

function be(user) {
  if (!me || ![...me.options].some((each) => each.value === user)) return;
  me.value = user;
  sessionStorage.setItem("me", user);
  for (const select of document.querySelectorAll(".write select")) {
    const member = [...select.options].some((each) => each.value === user);
    if (member) select.value = user;
    if (!member) drop(select.form);
  }
  own(document);
}

function own(root) {
  if (!me) return;
  for (const each of root.querySelectorAll(".msg")) each.classList.toggle("own", each.dataset.from === me.value);
  for (const each of document.querySelectorAll("[data-owner]")) {
    each.hidden = each.disabled = each.dataset.owner !== me.value;
  }
}

// What is written may answer a message or take its place.

function about(form, message, act) {
  form.dataset.message = message.dataset.message;
  form.dataset.act = act;
  const note = form.querySelector(".about");
  note.querySelector("b").textContent = act === "edit" ? "Edit" : "Reply to";
  quote(note.querySelector("span"), message);
  note.hidden = false;
  if (act === "edit") form.elements.text.value = message.querySelector(".text")?.innerText ?? "";
  grow(form.elements.text);
  form.elements.text.focus();
}

function quote(place, message) {
  const text = message.querySelector(".text");
  place.textContent = text?.innerText ?? "a picture";
  place.lang = text?.lang ?? "";
}

function drop(form) {
  delete form.dataset.message;
  delete form.dataset.act;
  form.querySelector(".about").hidden = true;
}

function grow(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

async function write(form, text) {
  const { chat, message, act: how } = form.dataset;
  const given = { chat: Number(chat), user: Number(form.elements.user.value), text };
  if (how === "edit") return act("edit", { ...given, message: Number(message) });
  return act("say", how === "reply" ? { ...given, reply_to: Number(message) } : given);
}

async function menu(form, open) {
  const list = form.querySelector(".menu");
  const button = form.querySelector("[data-menu]");
  list.hidden = !open;
  button.ariaExpanded = String(open);
  if (!open) return;
  const asked = new URLSearchParams({ chat: form.dataset.chat, user: form.elements.user.value });
  const commands = await (await fetch(`/menu?${asked}`)).json();
  list.replaceChildren(...commands.map((each) => entry(each)));
  if (!commands.length) list.append(Object.assign(document.createElement("li"), { textContent: "The bot offers no commands here." }));
}

function entry({ command, description, sent }) {
  const item = document.createElement("li");
  const button = Object.assign(document.createElement("button"), { type: "button" });
  button.dataset.send = sent;
  const name = Object.assign(document.createElement("b"), { textContent: `/${command}`, dir: "ltr" });
  const words = Object.assign(document.createElement("span"), { textContent: description, dir: "auto" });
  button.append(name, words);
  item.append(button);
  return item;
}

const acts = document.getElementById("acts");
let chosen = null;

function choose(message) {
  chosen = message;
  quote(acts.querySelector(".quoted"), message);
  const form = message.closest(".chat").querySelector(".write");
  const mine = form.matches("form");
  acts.querySelector("[data-act=reply]").hidden = !mine;
  acts.querySelector("[data-act=edit]").hidden = !mine || message.dataset.from !== form.elements.user.value;
  const to = acts.querySelector("select");
  if (to.selectedOptions[0]?.disabled) to.value = [...to.options].find((each) => !each.disabled)?.value;
  acts.showModal();
}

function onMessage(what) {
  const form = chosen.closest(".chat").querySelector(".write");
  if (what === "forward") {
    const { chat, message } = chosen.dataset;
    act("forward", { chat: Number(chat), message: Number(message), to: Number(acts.querySelector("select").value), user: Number(me.value) });
  } else if (what !== "close") about(form, chosen, what);
}

function press(button) {
  const data = button.dataset;
  if (data.copy) return navigator.clipboard.writeText(data.copy);
  const who = button.closest(".chat").querySelector("select");
  const user = Number(who ? who.value : me?.value ?? 0);
  return act("press", { chat: Number(data.chat), user, message: Number(data.message), label: data.press, data: data.data });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button, .spoiler");
  if (!button) return;
  const data = button.dataset;
  if (button.matches(".spoiler")) button.classList.add("seen");
  else if (data.switch) {
    act("switch", { platform: data.platform, name: data.switch, on: button.ariaChecked !== "true" });
  } else if (data.do) act(data.do, {});
  else if (data.press) press(button);
  else if (button.matches(".more")) choose(button.closest(".msg"));
  else if ("menu" in data) menu(button.form, button.ariaExpanded !== "true");
  else if ("drop" in data) drop(button.form);
  else if (data.send) {
    menu(button.form, false);
    act("say", { chat: Number(button.form.dataset.chat), user: Number(button.form.elements.user.value), text: data.send });
  } else if (data.act) {
    event.preventDefault();
    button.closest("dialog").close();
    if (button.closest("#acts")) onMessage(data.act);
  }
});

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const { text } = form.elements;
  if (!text || !(await write(form, text.value))) return;
  text.value = "";
  grow(text);
  drop(form);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.(".write");
  if (!form) return;
  if (event.key === "Escape") menu(form, false), drop(form);
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches("textarea")) return;
  event.preventDefault();
  form.requestSubmit();
});

document.addEventListener("input", (event) => {
  if (event.target.matches(".write textarea")) grow(event.target);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("#me, .write select")) be(event.target.value);
});

document.addEventListener("load", (event) => {
  const list = event.target.closest?.("[data-end]"); // a picture made its bubble taller
  if (list && list.scrollHeight - list.scrollTop - list.clientHeight < 700) toEnd(list);
}, true);

addEventListener("hashchange", show);
be(sessionStorage.getItem("me") ?? me?.value);
show();
for (const list of document.querySelectorAll("[data-end]")) toEnd(list);
listen();
