"use strict";

const views = new Set(["chats", "x", "panel"]);

function show() {
  const name = location.hash.slice(1);
  const chat = document.querySelector(`.chat[id="${CSS.escape(name)}"]`);
  if (!chat && !views.has(name) && name !== "") return; // a message in a chat
  document.body.dataset.view = chat ? "chat" : name || "chats";
  if (chat) {
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
      if (!node) fresh.classList.add("fresh");
      else node.replaceWith(fresh);
      if (node && node === place) place = fresh;
      node = fresh;
    }
    if (node !== place) list.insertBefore(node, place);
    else place = place.nextElementSibling;
  }
  if (list.hasAttribute("data-end") && atEnd) toEnd(list);
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
  mark();
}

function listen() {
  const live = document.getElementById("live");
  const source = new EventSource("/events");
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

document.addEventListener("click", (event) => {
  const button = event.target.closest("button, .spoiler");
  if (!button) return;
  const data = button.dataset;
  if (button.matches(".spoiler")) button.classList.add("seen");
  else if (data.switch) {
    act("switch", { platform: data.platform, name: data.switch, on: button.ariaChecked !== "true" });
  } else if (data.do) act(data.do, {});
  else if (data.press) {
    const who = button.closest(".chat").querySelector("select");
    const user = Number(who ? who.value : 0);
    act("press", { chat: Number(data.chat), user, message: Number(data.message), label: data.press });
  }
});

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { user, text } = event.target.elements;
  const chat = Number(event.target.dataset.chat);
  if (await act("say", { chat, user: Number(user.value), text: text.value })) text.value = "";
});

document.addEventListener("load", (event) => {
  const list = event.target.closest?.("[data-end]"); // a picture made its bubble taller
  if (list && list.scrollHeight - list.scrollTop - list.clientHeight < 700) toEnd(list);
}, true);

addEventListener("hashchange", show);
show();
for (const list of document.querySelectorAll("[data-end]")) toEnd(list);
listen();
