// On every page: what is unsent is shown and sent; worker and messages are kept up to date.
(() => {
  "use strict";
  const LONGEST = 60000; // ms between two tries
  const part = (id) => document.getElementById(id);
  const box = part("still-here");
  const token = document.querySelector("[name=csrf_token]");
  const worker = navigator.serviceWorker;
  let pause = 1000;
  let timer = 0;

  const send = () => unsent.flush();

  // Shows what the storage holds; tries again later.
  async function look() {
    const kept = await unsent.all();
    box.firstElementChild.hidden = !kept.length;
    clearTimeout(timer);
    if (!kept.length) { pause = 1000; return; }
    for (const line of box.querySelectorAll("[data-state]")) {
      line.hidden = !kept.some(({ state = "waiting" }) => state === line.dataset.state);
    }
    const [count, since] = box.querySelectorAll("span");
    count.textContent = kept[1] ? count.dataset.more.replace("{}", kept.length) : count.dataset.one;
    since.textContent = new Date(kept[0].at)
      .toLocaleString("en-AU", { weekday: "long", hour: "numeric", minute: "numeric" });
    timer = setTimeout(send, pause);
    pause = Math.min(2 * pause, LONGEST);
    (await worker?.ready)?.sync?.register("unsent").catch(() => {});
  }

  async function leave(event) {
    if (event.target.getAttribute("action") !== "/sign-out") return;
    event.preventDefault();
    if ((await unsent.all()).length && !confirm(box.dataset.leave)) return;
    await unsent.clear();
    event.target.submit();
  }

  // This browser takes messages.
  async function confirmed(own) {
    const key = [...new Uint8Array(own.options.applicationServerKey)];
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token.value };
    const body = JSON.stringify({ ...own.toJSON(), server_key: key });
    return (await fetch("/phone/subscription", { method: "POST", headers, body })).ok;
  }

  // A check-in goes by way of the storage.
  function keep(form) {
    let kept = ""; // the key waited for
    let given = "";
    let worried = false;

    const written = () => String(new URLSearchParams(new FormData(form)));

    // Shows one section, or the questions.
    function tell(name) {
      for (const each of [form, part("kept"), part("told")]) each.hidden = (name ?? form.id) !== each.id;
      box.hidden = name === "told";
      if (name) part(name).querySelector("h2").focus();
    }

    // On the phone first; thoughts of death are answered before any network.
    form.addEventListener("submit", async (event) => {
      if (event.defaultPrevented) return;
      event.preventDefault();
      if (given && given !== written()) form.key.value = crypto.randomUUID();
      given = written();
      kept = form.key.value;
      try {
        await unsent.put(kept, form.getAttribute("action"), given);
      } catch {
        return form.submit(); // nothing can be kept here
      }
      worried = [...form.querySelectorAll("[data-safety] :checked")].some((choice) => choice.value > 0);
      if (worried) tell("told");
      unsent.flush(true);
    });

    addEventListener("unsent", async ({ detail }) => {
      const own = (await unsent.all()).find(({ id }) => id === kept);
      const { words, error } = detail[kept] ?? {};
      if (!kept || (own && worried)) return;
      if (own?.state === "refused") {
        await unsent.drop(kept);
        form.submit();
      } else if (own) tell("kept");
      else if (worried) {
        part("words").textContent = words ?? error ?? part("words").dataset.sent;
        part("on").hidden = false;
      } else location.assign(form.dataset.thanks + (error ? "?already=1" : ""));
    });

    addEventListener("popstate", () => {
      kept = "";
      tell();
    });
  }

  // How messages stand on this phone; the button asks the browser.
  function messages(page) {
    const show = (state) => {
      for (const each of page.querySelectorAll("[data-is]")) each.hidden = each.dataset.is !== state;
    };

    async function stand() {
      const push = self.PushManager && (await worker?.ready)?.pushManager;
      if (!push) show("none");
      else if (Notification.permission === "denied") show("denied");
      else show(await push.getSubscription() ? "on" : "off");
    }

    page.querySelector("button").onclick = async () => {
      try {
        const { pushManager } = await worker.ready;
        const own = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: page.dataset.key });
        show(await confirmed(own) ? "on" : "failed");
      } catch {
        show(Notification.permission === "denied" ? "denied" : "failed");
      }
    };
    stand();
  }

  async function start() {
    document.head.insertAdjacentHTML("beforeend", '<link rel="manifest" href="/manifest.webmanifest">');
    worker?.register("/sw.js").catch(() => {});
    for (const each of document.querySelectorAll("div[data-after]")) await import(each.dataset.after);
    if (part("check-in")) keep(part("check-in"));
    if (part("notices")) messages(part("notices"));
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

  if (document.readyState === "complete") start();
  else addEventListener("load", start);
})();
