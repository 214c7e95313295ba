// On every page: shows and sends what is still unsent, and keeps the worker and its notices up to date.
(() => {
  "use strict";
  const LONGEST = 60000; // milliseconds between two tries
  const box = document.getElementById("still-here");
  const token = document.querySelector("[name=csrf_token]");
  const worker = navigator.serviceWorker;
  let pause = 1000;
  let timer = 0;

  const send = () => unsent.flush();

  // Shows what the storage holds, and tries again later if there is something to send.
  async function look() {
    const kept = await unsent.all();
    box.firstElementChild.hidden = !kept.length;
    clearTimeout(timer);
    if (!kept.length) { pause = 1000; return; }
    for (const line of box.querySelectorAll("[data-state]")) {
      line.hidden = !kept.some(({ state = "waiting" }) => state === line.dataset.state);
    }
    const [count, since] = box.querySelectorAll("span");
    count.textContent = kept.length;
    since.textContent = new Date(kept[0].at).toLocaleString([], { weekday: "long", hour: "numeric", minute: "2-digit" });
    timer = setTimeout(send, pause);
    pause = Math.min(2 * pause, LONGEST);
    (await worker?.ready)?.sync?.register("unsent").catch(() => {}); // not every browser, nor every setting
  }

  async function leave(event) {
    if (event.target.getAttribute("action") !== "/sign-out") return;
    event.preventDefault();
    if ((await unsent.all()).length && !confirm(box.dataset.leave)) return;
    await unsent.clear();
    event.target.submit();
  }

  // Tells the server that this browser takes notices, or still does.
  async function confirmed(own) {
    const key = [...new Uint8Array(own.options.applicationServerKey)];
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token.value };
    const body = JSON.stringify({ ...own.toJSON(), server_key: key });
    return (await fetch("/phone/subscription", { method: "POST", headers, body })).ok;
  }

  async function start() {
    document.head.insertAdjacentHTML("beforeend", '<link rel="manifest" href="/manifest.webmanifest">');
    worker?.register("/sw.js").catch(() => {});
    for (const part of document.querySelectorAll(":not(form)[data-after]")) await import(part.dataset.after);
    addEventListener("unsent", look);
    for (const moment of ["online", "focus", "pageshow", "visibilitychange"]) addEventListener(moment, send);
    box.querySelector("button").onclick = async () => {
      for (const { id, state } of await unsent.all()) if (state === "refused") await unsent.drop(id);
      look();
    };
    addEventListener("submit", leave);
    send();
    const own = token && await (await worker?.ready)?.pushManager?.getSubscription();
    if (own && !sessionStorage.confirmed) sessionStorage.confirmed = (await confirmed(own)) || "";
  }

  self.phone = { confirmed };
  if (document.readyState === "complete") start();
  else addEventListener("load", start);
})();
