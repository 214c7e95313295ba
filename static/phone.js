// On every page: what is unsent is shown and sent; worker and messages are kept up to date.
(() => {
  "use strict";
  if (!self.document) return; // the worker reads this file, too
  const LONGEST = 60000; // ms between two tries
  const HOUR = 3600000; // ms
  const part = (id) => document.getElementById(id);
  const box = part("still-here");
  const me = document.querySelector("[data-me]"); // the form to sign out with; none: nobody is signed in
  const page = part("notices");
  const worker = navigator.serviceWorker;
  let pause = 1000;
  let timer = 0;

  const send = () => unsent.flush().catch(() => {});
  const held = () => unsent.all().catch(() => []);

  // Shows what the storage holds; tries again later.
  async function look() {
    const kept = await held();
    box.firstElementChild.hidden = !kept.length;
    clearTimeout(timer);
    if (!kept.length) { pause = 1000; return; }
    for (const line of box.querySelectorAll("[data-state]")) {
      line.hidden = !kept.some(({ state = "waiting" }) => state === line.dataset.state);
    }
    const [count, since] = box.querySelectorAll("span");
    count.textContent = kept[1] ? count.dataset.more.replace("{}", kept.length) : count.dataset.one;
    // Of the kinds of English, that of Australia writes a moment as the other pages do.
    since.textContent = new Date(kept[0].at).toLocaleString(document.documentElement.lang.replace(/^en$/, "en-AU"),
      { weekday: "long", day: "numeric", month: "long", hour: "numeric", minute: "numeric" });
    timer = setTimeout(send, pause);
    pause = Math.min(2 * pause, LONGEST);
    navigator.storage?.persist?.();
    (await worker?.ready)?.sync?.register("unsent").catch(() => {});
  }

  // Signing out empties the storage once the server has done its part, and waits for no storage that hangs.
  async function leave(event) {
    const form = event.target;
    const path = form.getAttribute("action") ?? "";
    if (path.includes(`/${localStorage.phone}/`)) localStorage.removeItem("messages"); // removed by its owner
    if (path !== "/sign-out") return;
    event.preventDefault();
    if ((await held()).length && !confirm(box.dataset.leave)) return;
    const body = new URLSearchParams(new FormData(form));
    const left = await fetch(path, { method: "POST", body }).catch(() => ({}));
    if (!left.ok) return form.submit();
    await unsent.clear().catch(() => {});
    location.assign(left.url);
  }

  const manager = async () => self.PushManager && (await worker?.ready)?.pushManager;

  async function told(own) {
    const key = [...new Uint8Array(own.options.applicationServerKey)];
    const headers = { "Content-Type": "application/json", "X-CSRFToken": me.elements.csrf_token.value };
    const body = JSON.stringify({ ...own.toJSON(), server_key: key });
    const reply = await fetch("/phone/subscription", { method: "POST", headers, body });
    if (reply.ok) localStorage.phone = (await reply.json()).id;
    return reply;
  }

  // This phone takes messages for whoever is signed in, or still does; what was lost or refused is made anew.
  async function confirmed(push) {
    const before = await push.getSubscription();
    const reply = before && await told(before);
    if (reply && reply.status !== 422) return reply.ok;
    await before?.unsubscribe();
    const own = await push.subscribe({ userVisibleOnly: true, applicationServerKey: me.dataset.key });
    return (await told(own)).ok;
  }

  // Once an hour, for the one who turned messages on here, and nobody else.
  async function still() {
    if (!me || localStorage.messages !== me.dataset.me || document.hidden) return;
    const now = me.dataset.me + Math.floor(Date.now() / HOUR);
    if (sessionStorage.confirmed === now) return;
    sessionStorage.confirmed = now; // at once: two moments may come together
    const push = await manager();
    if (!push || !await confirmed(push).catch(() => false)) sessionStorage.removeItem("confirmed"); // offline
  }

  // How messages stand on this phone; the button asks the browser.
  function show(state) {
    for (const each of page.querySelectorAll("[data-is]")) each.hidden = each.dataset.is !== state;
  }

  async function turn(on) {
    try {
      const push = await manager();
      if (!push) return show("none");
      if (!on && Notification.permission === "denied") return show("denied");
      if (!on && localStorage.messages !== me.dataset.me) return show("off");
      if (!await confirmed(push)) return show("failed");
      localStorage.messages = me.dataset.me;
      show("on");
    } catch {
      show(Notification.permission === "denied" ? "denied" : "failed");
    }
  }

  function again() {
    send();
    still();
  }

  function start() {
    document.head.insertAdjacentHTML("beforeend", '<link rel="manifest" href="/manifest.webmanifest">');
    worker?.register("/sw.js").catch(() => {});
    addEventListener("unsent", look);
    addEventListener("submit", leave);
    for (const moment of ["online", "focus", "pageshow", "visibilitychange"]) addEventListener(moment, again);
    box.querySelector("button").onclick = async () => {
      for (const { id, state } of await held()) if (state === "refused") await unsent.drop(id);
      look();
    };
    if (page) page.querySelector("button").onclick = turn;
    if (page) turn();
    again();
  }

  if (document.readyState === "complete") start();
  else addEventListener("load", start);
})();
