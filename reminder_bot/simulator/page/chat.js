// The chat page. The bot's texts only become text nodes, so that no markup in them is parsed.
"use strict";

const MINUTE = 60000;
const PLACES = [
  ["Berlin", 52.52, 13.4], ["Lisbon", 38.72, -9.14], ["New York", 40.71, -74],
  ["São Paulo", -23.55, -46.63],
  ["Kolkata", 22.57, 88.36], ["Tokyo", 35.68, 139.69], ["Nairobi", -1.29, 36.82],
  ["Auckland", -36.85, 174.76],
];
const LINK_OR_COMMAND = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])|(?<![\w/])(\/[a-z][a-z0-9_]{0,31})\b/g;
const STYLES = ["success", "danger", "primary"];
const DOTS =
  "M12 3a2 2 0 1 1 0 4 2 2 0 0 1 0-4m0 7a2 2 0 1 1 0 4 2 2 0 0 1 0-4m0 7a2 2 0 1 1 0 4 2 2 0 0 1 0-4";

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value))
      element.addEventListener(event, act);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

// Links in the bot's texts: only http and https, and without a referrer or an opener.
function isWeb(url) {
  try { return ["http:", "https:"].includes(new URL(url).protocol); } catch { return false; }
}

function link(url, ...children) {
  return make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

const formats = new Map();
function dated(options, zone) {
  const key = JSON.stringify([options, zone]);
  if (!formats.has(key)) {
    let format;
    try { format = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone ?? undefined }); }
    catch { format = new Intl.DateTimeFormat("en-GB", options); }
    formats.set(key, format);
  }
  return formats.get(key);
}
const TIME = { hour: "2-digit", minute: "2-digit" };
const DAY = { weekday: "long", day: "numeric", month: "long" };
const NOW = { weekday: "short", day: "numeric", month: "short", ...TIME };

// Telegram's <tg-time>: an instant in the local time of this device, in the requested format.
function deviceTime(entity, text) {
  const form = entity.date_time_format ?? "", at = entity.unix_time * 1000;
  let shown = text;
  if (form.includes("r")) {
    const minutes = Math.round((at - Date.now()) / MINUTE), far = Math.abs(minutes);
    const [amount, unit] = far < 60 ? [minutes, "minute"]
      : far < 1440 ? [minutes / 60, "hour"] : [minutes / 1440, "day"];
    shown = new Intl.RelativeTimeFormat("en").format(Math.round(amount), unit);
  } else if (form) {
    const options = {};
    if (/w/i.test(form)) options.weekday = "long";
    if (form.includes("d"))
      Object.assign(options, { day: "2-digit", month: "2-digit", year: "numeric" });
    if (form.includes("D"))
      Object.assign(options, { day: "numeric", month: "long", year: "numeric" });
    if (/t/i.test(form)) Object.assign(options, TIME);
    if (form.includes("T")) options.second = "2-digit";
    shown = dated(options).format(at);
  }
  return make("time",
    { datetime: new Date(at).toISOString(), title: "as this device's clock shows it" }, shown);
}

function spoiler(inside) {
  const element = make("span", {
    class: "spoiler", role: "button", tabindex: 0, "aria-label": "Hidden text: show it"
  }, inside);
  const show = (event) => {
    if (event.type === "keydown" && !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    element.replaceWith(make("span", {}, ...element.childNodes));
  };
  element.addEventListener("click", show);
  element.addEventListener("keydown", show);
  return element;
}

function quotation(inside, isFolded) {
  const element = make("blockquote", {}, make("span", { class: "inside" }, inside));
  if (isFolded) {
    element.classList.add("folded");
    const button = make("button",
      { type: "button", class: "unfold", "aria-expanded": "false" }, "Show more");
    button.addEventListener("click", () => {
      const isOpen = !element.classList.toggle("folded");
      button.setAttribute("aria-expanded", isOpen);
      button.textContent = isOpen ? "Show less" : "Show more";
    });
    element.append(button);
  }
  return element;
}

const TAGS = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre"
};

class Phone {
  constructor(person) {
    this.person = person;
    this.messages = new Map();
    this.zone = null;
    this.clock = null;
    this.replyTo = null;
    this.stays = true; // whether the log scrolls to new messages
    const root = document.getElementById("phone").content.cloneNode(true).firstElementChild;
    this.root = root;
    this.$ = (selector) => root.querySelector(selector);
    this.log = this.$(".log");
    this.box = this.$("textarea");
    this.wire();
    document.getElementById("phones").append(root);
  }

  // Actions of the person

  wire() {
    const $ = this.$;
    $(".composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.sendBox();
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.sendBox();
      }
    });
    this.box.addEventListener("input",
      () => this.offer(this.box.value.startsWith("/") ? this.box.value : null));
    $(".slash").addEventListener("click",
      () => this.offer($(".commands").hidden ? "/" : null, true));
    $(".start").addEventListener("click", async () => {
      await this.send("/start");
      this.box.focus();
    });
    $(".unblock").addEventListener("click", () => this.act({ act: "unblock" }));
    $(".block").addEventListener("click", () => { this.menu(false); this.act({ act: "block" }); });
    $(".replying button").addEventListener("click", () => this.reply(null));
    $(".more").addEventListener("click", () => this.menu($(".menu").hidden));
    $(".theme").addEventListener("click", turnTheme);
    $(".down").addEventListener("click", () => this.toEnd());
    $(".stop").addEventListener("click", () => this.post("clock", { stop: true }));
    $(".speed").addEventListener("change",
      () => this.post("clock", { speed: Number($(".speed").value) }));
    for (const button of this.root.querySelectorAll("[data-go]")) {
      button.addEventListener("click", () => this.go(button.dataset.go));
    }
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      if (!$(".menu").hidden) { this.menu(false); $(".more").focus(); }
      else if (!$(".commands").hidden) { this.offer(null); this.box.focus(); }
      else if (this.replyTo) { this.reply(null); this.box.focus(); }
    });
    this.root.addEventListener("click", (event) => {
      if (!event.target.closest(".menu, .more")) this.menu(false);
      if (!event.target.closest(".commands, .composer")) this.offer(null);
    });
    this.log.addEventListener("scroll", () => {
      this.stays = this.isAtEnd();
      $(".down").hidden = this.stays;
    }, { passive: true });
    new ResizeObserver(() => { if (this.stays) this.toEnd(); }).observe(this.log);
    const query = `?person=${this.person}`;
    $(".as-text").href = `transcript.txt${query}`;
    $(".as-json").href = `transcript.json${query}`;
    $(".other").href = `?person=${3 - this.person}`;
  }

  async post(path, given) {
    try {
      const answer = await fetch(`${path}?person=${this.person}`, {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify(given),
      });
      const told = (answer.headers.get("Content-Type") ?? "").includes("json")
        ? await answer.json() : {};
      if (told.error) this.toast(told.error);
      return told;
    } catch {
      this.toast("The demo does not answer: is it still running?");
      return {};
    }
  }

  act(given) { return this.post("act", given); }

  async go(goal) {
    const { result } = await this.post("clock", { to: goal });
    if (result === "nothing due")
      this.toast("The bot sends nothing by itself within the next eight days.");
    if (result === "stuck") this.toast("The bot is still busy: try again in a moment.");
  }

  async sendBox() {
    const text = this.box.value.trim();
    if (!text) return;
    this.box.value = "";
    this.offer(null);
    await this.send(text);
  }

  async send(text, replyTo = this.replyTo?.id) {
    this.reply(null);
    this.stays = true;
    await this.act({ act: "send", text, reply_to: replyTo ?? null });
  }

  async tap(button, message) {
    button.setAttribute("aria-busy", "true");
    const told = await this.act({ act: "tap", message: message.id, data: button.dataset.data });
    button.removeAttribute("aria-busy");
    if (told.is_answered === false) this.toast("The bot did not answer.");
    else if (told.toast && told.is_alert) say(told.toast);
    else if (told.toast) this.toast(told.toast);
  }

  reply(message) {
    this.replyTo = message;
    this.$(".replying").hidden = !message;
    if (message) {
      this.$(".replying span").textContent =
        `Reply to: ${message.text.slice(0, 80) || "a picture"}`;
      this.box.focus();
    }
  }

  async share() {
    const place = await askPlace();
    if (place) await this.act({ act: "location", latitude: place[0], longitude: place[1] });
    this.box.focus();
  }

  menu(isOpen) {
    this.$(".menu").hidden = !isOpen;
    this.$(".more").setAttribute("aria-expanded", isOpen);
  }

  // Shows the commands that begin with `typed`; null hides the list.
  offer(typed, isAsked = false) {
    const list = this.$(".commands");
    const fitting = typed === null ? []
      : this.commands.filter((each) => `/${each.command}`.startsWith(typed.toLowerCase()));
    list.hidden = fitting.length === 0;
    this.$(".slash").setAttribute("aria-expanded", !list.hidden);
    list.replaceChildren(...fitting.map((each) => make("li", {}, make("button", {
      type: "button", on: {
        click: () => {
          this.offer(null);
          this.box.value = "";
          this.send(`/${each.command}`);
          this.box.focus();
        } },
    }, `/${each.command}`, make("small", {}, each.description)))));
    if (isAsked && !list.hidden) list.querySelector("button").focus();
  }

  toast(text) {
    const toast = this.$(".toast");
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => { toast.hidden = true; }, Math.max(2500, text.length * 60));
  }

  // Rendering

  listen() {
    const source = new EventSource(`events?person=${this.person}`);
    source.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      // The browser reconnects by itself, except after a refusal: a new demo has a new address.
      const isRefused = source.readyState === EventSource.CLOSED;
      this.status(isRefused ? "ended: open the new address" : "connecting…");
      if (isRefused) setTimeout(() => this.listen(), 1000);
    });
  }

  hear(news) {
    const isBegin = Boolean(news.is_first);
    if (isBegin) {
      this.begin(news);
      if (this.hasBegun) { this.messages.clear(); this.log.replaceChildren(); }
      this.hasBegun = true;
    }
    this.log.setAttribute("aria-busy", isBegin);
    if (news.clock.zone !== this.zone) {
      this.zone = news.clock.zone;
      for (const { message } of this.messages.values()) this.put(message);
    }
    for (const id of news.gone) this.remove(id);
    for (const message of news.messages) this.put(message, !isBegin);
    this.days();
    if (news.messages.some((each) => each.bot)) this.status("");
    if (news.action) this.acting(news.action);
    this.reach(news.reach);
    this.keys(news.keyboard);
    this.tick(news.clock);
    if (this.stays || isBegin) this.toEnd();
    this.log.setAttribute("aria-busy", "false");
    document.documentElement.dataset.ready = "true";
  }

  begin(news) {
    this.commands = news.commands;
    this.$(".bot").textContent = news.bot;
    this.$(".description").textContent = news.description;
    this.log.setAttribute("aria-label", `Chat of ${news.name} with ${news.bot}`);
    this.root.setAttribute("aria-label", `${news.name}'s phone`);
    this.owner = `${news.name}'s phone`;
    this.status("");
  }

  status(text) { this.$(".status").textContent = text || this.owner || "connecting…"; }

  acting(action) {
    this.status(action === "typing" ? "typing…"
      : `${action.replace(/_.*/, "ing").replace("uploading", "sending")} a file…`);
    clearTimeout(this.acted);
    this.acted = setTimeout(() => this.status(""), 5000);
  }

  reach(reach) {
    this.$(".intro").hidden = reach !== "not started";
    this.log.hidden = reach === "not started";
    this.$(".start").hidden = reach !== "not started";
    this.$(".unblock").hidden = reach !== "blocked";
    this.$(".composer").hidden = reach !== "open";
    this.$(".block").hidden = reach !== "open";
    this.isOpen = reach === "open";
  }

  keys(rows) {
    const place = this.$(".keyboard"), text = JSON.stringify(rows);
    if (text === this.keyboard) return;
    this.keyboard = text;
    place.hidden = !rows;
    place.replaceChildren(...(rows ?? []).map((row) => make("div", {},
      ...row.map((each) => make("button", {
        type: "button",
        on: { click: () => (each.location ? this.share() : this.send(each.text, null)) },
      }, each.text)))));
  }

  tick(clock) {
    this.clock = { ...clock, at: performance.now() };
    this.$(".speed").value = [...this.$(".speed").options]
      .some((each) => Number(each.value) === clock.speed) ? clock.speed : 1;
    this.$(".moving").hidden = !clock.moving;
    if (clock.moving) this.$("progress").value = clock.moving.share;
    for (const button of this.root.querySelectorAll("[data-go]")) {
      // `disabled` would remove the focus from the button that was just pressed.
      button.setAttribute("aria-disabled", Boolean(clock.moving));
    }
    this.showNow();
  }

  showNow() {
    if (!this.clock) return;
    const { now, at, speed, moving, zone } = this.clock;
    const ms = now * 1000 + (moving ? 0 : (performance.now() - at) * speed);
    this.$(".now").textContent = dated(NOW, zone).format(ms);
    this.$(".now").dateTime = new Date(ms).toISOString();
    this.$(".place").textContent = zone ? zone.replaceAll("_", " ") : "this device's time";
  }

  put(message, isFresh = false) {
    const known = this.messages.get(message.id);
    const element = this.element(message);
    this.messages.set(message.id, { message, element });
    if (known) {
      const focused = known.element.contains(document.activeElement)
        ? document.activeElement : null;
      known.element.replaceWith(element);
      if (focused) this.refocus(element, focused);
      return;
    }
    if (isFresh) element.classList.add("fresh");
    const after = [...this.messages.keys()].filter((id) => id > message.id);
    if (after.length) this.messages.get(Math.min(...after)).element.before(element);
    else this.log.append(element);
  }

  // Keeps the keyboard focus on a message that is replaced after a tap.
  refocus(element, focused) {
    const buttons = [...element.querySelectorAll(".keys button")];
    (buttons.find((each) => each.dataset.data === focused.dataset.data)
      ?? buttons[0] ?? element.querySelector(".dots")).focus();
  }

  remove(id) {
    const found = this.messages.get(id);
    if (!found) return;
    if (found.element.contains(document.activeElement)) this.log.focus();
    found.element.remove();
    this.messages.delete(id);
    if (this.replyTo?.id === id) this.reply(null);
  }

  // Inserts a date above the first message of each day.
  days() {
    let last = null;
    const shown = new Map(
      [...this.log.querySelectorAll(".day")].map((each) => [each.dataset.day, each]));
    for (const { message, element } of this.messages.values()) {
      const day = dated(DAY, this.zone).format(message.at * 1000);
      if (day !== last) {
        const line = shown.get(day) ?? make("div", { class: "day", "data-day": day }, day);
        shown.delete(day);
        if (element.previousSibling !== line) element.before(line);
        last = day;
      }
    }
    for (const line of shown.values()) line.remove();
  }

  element(message) {
    const bubble = make("div", { class: "bubble" });
    if (message.reply_to) {
      bubble.append(make("button", {
        type: "button", class: "quote", "aria-label": `In reply to: ${message.reply_to.text}`,
        on: { click: () => this.messages.get(message.reply_to.id)
          ?.element.scrollIntoView({ block: "center" }) }
      }, message.reply_to.text));
    }
    if (message.file) bubble.append(this.file(message));
    if (message.extra) bubble.append(extra(message.extra));
    if (message.text) {
      const isHuge = /^\p{Extended_Pictographic}[\p{Emoji_Modifier}\uFE0F]?$/u.test(message.text);
      const words = make("div", { class: isHuge ? "words huge" : "words" });
      words.append(this.formatted(message, 0, message.text.length, message.entities));
      bubble.append(words);
    }
    const meta = make("div", { class: "meta" });
    if (message.silent) meta.append(make("span",
      { role: "img", "aria-label": "silent", title: "sent without a sound" }, "🔕"));
    if (message.edited) meta.append("edited");
    meta.append(make("time", { datetime: new Date(message.at * 1000).toISOString() },
      dated(TIME, this.zone).format(message.at * 1000)));
    bubble.append(meta);
    const element = make("article", {
      class: message.bot ? "message" : "message mine", "data-id": message.id,
      "aria-label": message.bot ? "Bot" : "You"
    }, make("div", { class: "row" }, bubble, this.dots(message)));
    if (message.file?.kind === "photo") {
      bubble.classList.add("wide");
      bubble.parentElement.classList.add("wide");
    }
    if (message.reaction) element.append(make("span",
      { class: "reaction", role: "img", "aria-label": `Reaction ${message.reaction}` },
      message.reaction));
    if (message.rows.length) element.append(this.buttons(message));
    return element;
  }

  buttons(message) {
    return make("div", { class: "keys" }, ...message.rows.map((row) => make("div", {},
      ...row.map((each) => {
      const style = STYLES.includes(each.style) ? each.style : null;
      if (each.url) {
        return isWeb(each.url) ? (() => {
          const a = link(each.url, `${each.text} ↗`);
          if (style) a.className = style;
          return a;
        })()
          : make("button", { type: "button", disabled: true, title: each.url }, each.text);
      }
      const button = make("button",
        { type: "button", class: style, "data-data": each.data ?? "" }, each.text);
      button.addEventListener("click", () => this.tap(button, message));
      return button;
    }))));
  }

  dots(message) {
    const button = make("button", {
      type: "button", class: "dots icon", "aria-label": "Message actions", "aria-expanded": "false"
    }, icon(DOTS));
    button.addEventListener("click", () => {
      const element = button.closest(".message"), open = element.querySelector(".tools");
      button.setAttribute("aria-expanded", !open);
      if (open) { open.remove(); return; }
      const act = (label, words, does) => make("button", {
        type: "button", "aria-label": label, on: { click: () => { does(); close(); } }
      }, words);
      const close = () => {
        element.querySelector(".tools")?.remove();
        button.setAttribute("aria-expanded", "false");
      };
      const tools = make("div", { class: "tools", role: "group", "aria-label": "Message actions" },
        act("Reply", "Reply", () => this.reply(message)),
        act("Answer with thumbs up", "👍", () => this.send("👍", message.id)),
        act("Answer with thumbs down", "👎", () => this.send("👎", message.id)),
        act("Delete", "Delete", () => this.act({ act: "delete", message: message.id })));
      element.querySelector(".row").after(tools);
      tools.firstElementChild.focus();
      tools.scrollIntoView({ block: "nearest" });
    });
    return button;
  }

  file(message) {
    const { kind, name, id, bytes, width, height } = message.file;
    const place = `sent/${encodeURIComponent(id)}?person=${this.person}`;
    if (kind !== "photo") {
      return make("a", { class: "file", href: place, download: name },
        make("b", { "aria-hidden": "true" }, "↓"),
        make("span", {}, name, make("small", {}, `${Math.max(1, Math.round(bytes / 1000))} kB`)));
    }
    const alt = `Picture: ${message.text.split("\n")[0] || name}`;
    const image = make("img",
      { src: place, alt, width: width || 640, height: height || 480, decoding: "async" });
    image.addEventListener("load", () => { if (this.stays) this.toEnd(); });
    return make("button", {
      type: "button", class: "picture", "aria-label": `${alt}. Enlarge`,
      on: { click: () => enlarge(place, alt) }
    }, image);
  }

  // Formatted text. Entities are nested and sorted by offset, longer ones first.
  formatted(message, from, to, entities) {
    const fragment = document.createDocumentFragment(), { text } = message;
    let at = from;
    for (let place = 0; place < entities.length; place += 1) {
      const entity = entities[place], begin = Math.max(entity.offset, at),
        end = Math.min(entity.offset + entity.length, to);
      if (begin >= end) continue;
      fragment.append(this.linked(message, text.slice(at, begin)));
      let next = place + 1;
      while (next < entities.length && entities[next].offset < end) next += 1;
      fragment.append(this.mark(message, entity, begin, end, entities.slice(place + 1, next)));
      at = end;
      place = next - 1;
    }
    fragment.append(this.linked(message, text.slice(at, to)));
    return fragment;
  }

  mark(message, entity, from, to, inner) {
    const text = message.text.slice(from, to);
    if (entity.type === "code" || entity.type === "pre") return make(TAGS[entity.type], {}, text);
    if (entity.type === "date_time") return deviceTime(entity, text);
    const inside = this.formatted(message, from, to, inner);
    if (TAGS[entity.type]) return make(TAGS[entity.type], {}, inside);
    if (entity.type === "spoiler") return spoiler(inside);
    if (entity.type === "blockquote") return quotation(inside, false);
    if (entity.type === "expandable_blockquote") return quotation(inside, true);
    // A link contains plain text only: no link or button is nested in it.
    if (entity.type === "text_link" && isWeb(entity.url)) return link(entity.url, text);
    return inside;
  }

  linked(message, text) {
    const fragment = document.createDocumentFragment();
    let at = 0;
    for (const match of message.bot ? text.matchAll(LINK_OR_COMMAND) : []) {
      fragment.append(text.slice(at, match.index));
      if (match[1]) fragment.append(isWeb(match[1]) ? link(match[1], match[1]) : match[1]);
      else fragment.append(make("button", {
        type: "button", class: "command", on: { click: () => this.send(match[2], null) }
      }, match[2]));
      at = match.index + match[0].length;
    }
    fragment.append(text.slice(at));
    return fragment;
  }

  isAtEnd() { return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 60; }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.$(".down").hidden = true;
  }
}

function extra(given) {
  if (given.location) return make("div", { class: "words" },
    `📍 ${given.location.latitude.toFixed(3)}, ${given.location.longitude.toFixed(3)}`);
  return make("div", { class: "words" },
    given.sticker?.emoji ?? `(${Object.keys(given).join(", ")})`);
}

function say(text) {
  document.getElementById("alert-text").textContent = text;
  document.getElementById("alert").showModal();
}

function enlarge(place, alt) {
  const dialog = document.getElementById("photo"), image = dialog.querySelector("img");
  image.src = place;
  image.alt = alt;
  dialog.showModal();
}

function askPlace() {
  const dialog = document.getElementById("location"), form = dialog.querySelector("form");
  return new Promise((resolve) => {
    let chosen = null;
    dialog.querySelector(".places").replaceChildren(
      ...PLACES.map(([name, latitude, longitude]) => make("button", {
        type: "button",
        on: { click: () => { chosen = [latitude, longitude]; dialog.close("place"); } },
      }, name)));
    dialog.returnValue = "";
    dialog.addEventListener("close", () => {
      const typed = [form.latitude.value, form.longitude.value]
        .map((each) => Number(each.replace(",", ".")));
      resolve(dialog.returnValue === "share" && typed.every(Number.isFinite) ? typed : chosen);
    }, { once: true });
    dialog.showModal();
  });
}

const THEMES = {
  "": ["Colours: as the system",
    "M12 3a9 9 0 1 0 0 18zM12 3v2a7 7 0 0 1 0 14v2a9 9 0 0 0 0-18"],
  light: ["Colours: light",
    "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10M11 1h2v3h-2zM11 20h2v3h-2zM1 11h3v2H1z" +
    "M20 11h3v2h-3zM4 5.500 5.500 4l2 2L6 7.500zM16.500 18 18 16.500l2 2-1.500 1.500z" +
    "M4 18.500l2-2L7.500 18l-2 2zM16.500 6l2-2L20 5.500l-2 2z"],
  dark: ["Colours: dark", "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500"] };

function showTheme() {
  const theme = sessionStorage.getItem("theme") ?? "";
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  for (const button of document.querySelectorAll(".theme")) {
    button.setAttribute("aria-label", THEMES[theme][0]);
    button.title = THEMES[theme][0];
    button.replaceChildren(icon(THEMES[theme][1]));
  }
}

function turnTheme() {
  const names = Object.keys(THEMES), theme = sessionStorage.getItem("theme") ?? "";
  sessionStorage.setItem("theme", names[(names.indexOf(theme) + 1) % names.length]);
  showTheme();
}

const wanted = new URLSearchParams(location.search).get("person") ?? "1";
const phones = (wanted === "both" ? [1, 2] : [wanted === "2" ? 2 : 1])
  .map((person) => new Phone(person));
showTheme();
for (const phone of phones) phone.listen();
setInterval(() => { for (const phone of phones) phone.showNow(); }, 500);
