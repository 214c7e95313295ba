// The worker: keeps the public shell and never a page about a person, sends what waits, shows notices.
importScripts(SHELL.files[1]); // what pages run: their storage
const WAIT = 8000; // milliseconds until the kept help page stands in for one that does not come
const shell = () => caches.open(SHELL.version);

addEventListener("install", (event) => event.waitUntil(shell().then((kept) =>
  kept.addAll([...SHELL.files, ...Object.values(SHELL.pages)]))));

addEventListener("activate", (event) => event.waitUntil(caches.keys().then((names) =>
  Promise.all(names.filter((name) => name !== SHELL.version).map((name) => caches.delete(name))))));

// The numbers to call come from the phone when the server fails, too.
async function page(request, own) {
  const ender = new AbortController();
  if (own) setTimeout(() => ender.abort(), WAIT);
  const answer = await fetch(request, own && { signal: ender.signal }).catch(() => null);
  if (answer && !(own && answer.status > 499)) return answer;
  return await (await shell()).match(own ?? SHELL.pages.other) ?? answer ?? Response.error();
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const path = request.url.replace(location.origin, "");
  if (request.method === "GET" && request.mode === "navigate") event.respondWith(page(request, SHELL.pages[path]));
  else if (SHELL.files.includes(path)) {
    event.respondWith(shell().then((kept) => kept.match(path)).then((file) => file ?? fetch(request)));
  }
});

addEventListener("sync", (event) => event.waitUntil(unsent.flush(true).then((left) => {
  if (left) throw new Error("not all sent"); // the browser asks again later
})));

// It tells that a notice was shown, and that it was touched.
const tell = (path, what) => path.startsWith("/c/") && fetch(`${path}/${what}`, { method: "POST" }).catch(() => {});

// Whatever comes is shown: a push without a notice costs the subscription.
addEventListener("push", (event) => {
  const { title = SHELL.name, body, path: data = "/", tag, again: renotify, start, later } = event.data?.json() ?? {};
  const actions = start ? [{ action: "", title: start }, { action: "/later", title: later }] : [];
  event.waitUntil(registration.showNotification(title, { body, tag, renotify, actions, data, icon: SHELL.icon })
    .then(() => tell(data, "shown")));
});

addEventListener("notificationclick", (event) => {
  const { data } = event.notification;
  event.notification.close();
  event.waitUntil(Promise.all([clients.openWindow(data + event.action), tell(data, "opened")]));
});
