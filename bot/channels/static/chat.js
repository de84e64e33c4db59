// The students' chat. The server's conversation is the truth: the page reads it whenever it connects, and
// server-sent events only bring forward what the next reading would show. Text enters as textContent, never as HTML.
"use strict";

const $ = (id) => document.getElementById(id);
const log = $("log");
const box = $("question");
const { institution, questionLimit } = document.body.dataset;
const READ_AGAIN_MS = 10_000;
const OFFLINE = "Sin conexión con el asistente. Reintentando…";

let messages = []; // {role, text, at, id, kind, verbatim, feedback, waiting, client_id, suggestions}; unsent ones have .failure
let preview = "";
let events = null;
let changedAt = 0; // when the server last told of a change; a reading that began before may lack it
let endTop = 0; // where the log stood when it last followed its end
const bubbles = new Map();

// --- showing ---------------------------------------------------------------------------------------------------

const keyOf = (message) => `${message.role} ${message.client_id || message.id || message.at}`;

function bubbleOf(message) {
  const key = keyOf(message);
  if (!bubbles.has(key)) bubbles.set(key, $("message").content.firstElementChild.cloneNode(true));
  const bubble = bubbles.get(key);
  const own = message.role === "student";
  const answer = message.kind === "answer" && message.id;
  bubble.message = message;
  bubble.className = `message ${own ? "student" : "bot"} ${message.failure ? "failed" : ""}`;
  bubble.title = new Date(message.at).toLocaleString("es-PE", { dateStyle: "medium", timeStyle: "short" });
  show(bubble.querySelector(".author"), own ? "Tú:" : "Asistente:");
  show(bubble.querySelector(".text"), message.text);
  show(bubble.querySelector(".source"), answer ? sourceOf(message) : "");
  offer(bubble.querySelector(".chips"), message.suggestions ?? []);
  bubble.querySelector(".feedback").hidden = !answer;
  for (const thumb of bubble.querySelectorAll("[data-value]")) {
    thumb.setAttribute("aria-pressed", String(Number(thumb.dataset.value) === message.feedback));
  }
  bubble.querySelector(".failure").hidden = !message.failure;
  show(bubble.querySelector(".failure span"), message.failure ? `No enviado. ${message.failure}` : "");
  return bubble;
}

function sourceOf(message) {
  return message.verbatim
    ? `Respuesta verificada por ${institution}`
    : "Respuesta generada a partir de información verificada";
}

function offer(list, questions) {
  list.hidden = !questions.length;
  if (list.childElementCount) return; // an answer's suggestions stay as they are
  for (const question of questions) {
    const chip = Object.assign(document.createElement("button"), { type: "button", className: "chip", textContent: question });
    list.append(document.createElement("li"));
    list.lastElementChild.append(chip);
  }
}

function show(element, text) {
  if (element.textContent !== text) element.textContent = text;
  if (element.matches(".source")) element.hidden = !text;
}

function render() {
  const list = $("messages");
  const shown = messages.map(bubbleOf);
  // Only what changed is moved, so that focus and a selection stay, and a screen reader reads just what is new.
  for (const old of [...list.children]) if (!shown.includes(old)) old.remove();
  shown.forEach((bubble, i) => list.children[i] === bubble || list.insertBefore(bubble, list.children[i] ?? null));

  const typing = messages.some((message) => message.waiting);
  $("pending").hidden = !typing;
  show($("pending").querySelector(".text"), typing ? preview : "");
  show($("typing"), typing ? "El asistente está escribiendo…" : "");
  $("chips").hidden = messages.length > 0;
  followEnd();
}

function followEnd() {
  // Above where it last stood is where only a reader scrolls; in a log that shrank, the end is near all the same.
  const nearEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  if (!nearEnd && log.scrollTop < endTop - 80) return;
  log.scrollTop = log.scrollHeight;
  endTop = log.scrollTop;
}

// --- reading ---------------------------------------------------------------------------------------------------

async function read() {
  const began = performance.now();
  try {
    const response = await fetch("/api/conversation");
    const body = await response.json();
    if (!response.ok) return tell(body.error);
    if (changedAt > began) return read();
    const known = new Set(body.messages.map((message) => message.client_id));
    const onlyHere = (message) => message.failure || message.sending;
    messages = [...body.messages, ...messages.filter((message) => onlyHere(message) && !known.has(message.client_id))];
    if (!messages.some((message) => message.waiting)) preview = "";
    tell("");
    render();
  } catch {
    tell(OFFLINE);
  }
}

function tell(fault) {
  fault ||= navigator.onLine ? "" : OFFLINE; // a reading that was under way may end after the connection is gone
  $("offline").hidden = !fault;
  show($("offline").querySelector("p"), fault);
}

function connect() {
  events?.close();
  events = new EventSource("/api/events");
  events.onopen = read;
  events.onerror = () => {
    read();
    // A browser tries again by itself unless the server refused (too many windows).
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, READ_AGAIN_MS);
  };
  const on = (name, handle) => events.addEventListener(name, (event) => (handle(JSON.parse(event.data)), render()));
  on("question", (question) => {
    const mine = messages.find((message) => message.client_id === question.client_id);
    if (mine) Object.assign(mine, { failure: "", waiting: true, sentAt: performance.now() });
    else messages.push(question);
    changedAt = performance.now();
  });
  on("preview", ({ text }) => (preview = text));
  on("answer", (answer) => {
    const asked = messages.findIndex((message) => message.waiting);
    if (asked >= 0) messages[asked].waiting = false;
    messages.splice(asked >= 0 ? asked + 1 : messages.length, 0, answer);
    preview = "";
    changedAt = performance.now();
  });
}

// --- writing ---------------------------------------------------------------------------------------------------

function ask(text) {
  const message = { role: "student", text, at: new Date().toISOString(), client_id: newId() };
  messages.push(message);
  endTop = 0;
  post(message);
}

async function post(message) {
  // The same client_id each time: a retry of what did arrive is not a second question.
  Object.assign(message, { failure: "", waiting: true, sending: true, sentAt: 0 });
  render();
  try {
    await postJson("/api/messages", { text: message.text, client_id: message.client_id });
    message.sentAt = changedAt = performance.now();
  } catch (error) {
    // The page may have heard its own question already: then only the acknowledgement was lost.
    if (!message.sentAt) Object.assign(message, { failure: error.message, waiting: false });
  }
  message.sending = false;
  render();
}

async function postJson(url, data) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(data) }).catch(() => {
    throw new Error("Revisa tu conexión.");
  });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error ?? "El asistente no está disponible.");
  return body;
}

async function giveFeedback(bubble, pressed) {
  const message = bubble.message;
  const before = message.feedback;
  message.feedback = before === pressed ? 0 : pressed;
  render();
  const status = bubble.querySelector(".feedback [role=status]");
  try {
    const { text } = await postJson("/api/feedback", { answer_id: message.id, value: message.feedback });
    show(status, text);
  } catch (error) {
    message.feedback = before;
    show(status, error.message);
    render();
  }
}

function newId() {
  // A random UUID; crypto.randomUUID exists on https and localhost only.
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})/, "$1-$2-4$3-8$4-");
}

function measure() {
  const length = [...box.value].length;
  const over = length > questionLimit;
  $("form").querySelector("button").disabled = !box.value.trim();
  $("counter").hidden = length < questionLimit * 0.8;
  $("counter").classList.toggle("over", over);
  show($("counter"), `${length} de ${questionLimit} caracteres${over ? ": te pediré que lo acortes" : ""}`);
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

// --- wiring ----------------------------------------------------------------------------------------------------

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = box.value.trim();
  if (!text) return;
  box.value = "";
  measure();
  ask(text);
});
box.addEventListener("input", measure);
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("form").requestSubmit();
});
log.addEventListener("click", (event) => {
  if (!event.target.matches(".chip")) return;
  ask(event.target.textContent);
  if (matchMedia("(pointer: fine)").matches) box.focus();
});
$("messages").addEventListener("click", (event) => {
  const bubble = event.target.closest(".message");
  const thumb = event.target.closest("[data-value]");
  if (thumb) giveFeedback(bubble, Number(thumb.dataset.value));
  else if (event.target.closest(".failure button")) post(bubble.message);
});
new ResizeObserver(followEnd).observe(log); // the box grows, a notice or a phone's keyboard appears
$("offline").querySelector("button").addEventListener("click", connect);

// A hidden page holds no connection: browsers allow six to one host, and a phone's battery is small.
document.addEventListener("visibilitychange", () => (document.hidden ? events?.close() : connect()));
window.addEventListener("offline", () => tell(OFFLINE));
window.addEventListener("online", connect);
// Where events do not arrive (another server process answers, a proxy holds them back), reading does.
setInterval(() => messages.some((message) => message.waiting) && read(), READ_AGAIN_MS);
connect();
measure();

const notice = $("sample-notice");
if (notice) {
  notice.hidden = localStorage.getItem("notice-hidden") === "yes";
  notice.querySelector("button").addEventListener("click", () => {
    notice.hidden = true;
    localStorage.setItem("notice-hidden", "yes");
  });
}
