// Answers on their way: kept, encrypted, until the server has them. Pages and worker share this.
self.unsent ??= (() => {
  "use strict";
  const PATIENCE = 10000; // ms for one try
  const STORING = 3000; // ms for one step on the storage
  const AES = { name: "AES-GCM", length: 256 };
  const others = self.BroadcastChannel && new BroadcastChannel("unsent"); // tabs and worker
  let opened;

  const taken = {}; // what was acknowledged here: it leaves the storage before all who wait for it are told
  const tell = (detail) => dispatchEvent(new CustomEvent("unsent", { detail: { ...detail, ...taken } }));
  if (others) others.onmessage = ({ data }) => tell(data);

  const open = () => opened ??= new Promise((done, failed) => {
    const request = indexedDB.open("unsent", 1); // that is the version of what lies in it, too
    request.onupgradeneeded = () => {
      request.result.createObjectStore("answers", { keyPath: "id" });
      request.result.createObjectStore("keys");
    };
    request.onsuccess = () => {
      request.result.onclose = () => { opened = null; };
      done(request.result);
    };
    request.onerror = failed;
  });

  // One step on a store; what was written is then on the disk. What fails or hangs is opened anew next time.
  const on = (name, step) => new Promise((done, failed) => {
    setTimeout(failed, STORING, "no storage");
    open().then((database) => {
      const change = database.transaction(name, "readwrite", { durability: "strict" });
      const request = step(change.objectStore(name));
      change.oncomplete = () => done(request.result);
      change.onabort = failed;
    }).catch(failed);
  }).catch((failure) => {
    opened = null;
    throw failure;
  });

  const all = async () => (await on("answers", (answers) => answers.getAll())).sort((a, b) => a.at - b.at);
  const write = (one) => on("answers", (answers) => answers.put(one));
  const drop = (id) => on("answers", (answers) => answers.delete(id));
  const known = () => on("keys", (keys) => keys.get(1));
  // In one tab at a time; without locks the key under which all is sent keeps it from counting twice.
  const alone = (act, ifAvailable) => navigator.locks?.request("unsent", { ifAvailable }, act) ?? act(true);

  async function key() {
    const found = await known();
    if (found) return found;
    const made = await crypto.subtle.generateKey(AES, false, ["encrypt", "decrypt"]);
    await on("keys", (keys) => keys.add(made, 1)).catch(() => {}); // another tab was faster
    return known();
  }

  async function put(id, path, body) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify([path, body]));
    const data = await crypto.subtle.encrypt({ ...AES, iv }, await key(), plain);
    await write({ id, at: Date.now(), iv, data });
  }

  // Only a reply that names the key counts; a hotel's page says 200 too.
  async function post(id, path, body, at = Date.now()) {
    const ender = new AbortController();
    setTimeout(() => ender.abort(), PATIENCE);
    const answer = await fetch(path, {
      method: "POST",
      body: new URLSearchParams(`${body}&waited=${Math.max(0, Math.round((Date.now() - at) / 1000))}`),
      headers: { "Accept": "application/json", "Idempotency-Key": id },
      redirect: "manual",
      signal: ender.signal,
    });
    const said = await answer.json();
    if (answer.status === 401) return { state: "signed-out" };
    if (said.key !== id || answer.status >= 500) return {};
    return { ...said, state: answer.ok ? "sent" : answer.status === 409 ? "already" : "refused" };
  }

  async function send({ id, at, iv, data }) {
    const own = await key();
    const plain = await crypto.subtle.decrypt({ ...AES, iv }, own, data).catch(() => null);
    if (!plain) return { state: "refused" }; // nobody can read it any more
    return post(id, ...JSON.parse(new TextDecoder().decode(plain)), at).catch(() => ({}));
  }

  // Sends what waits; returns how many are left.
  async function flush(patiently) {
    const detail = {};
    try {
      await alone(async (mine) => {
        for (const one of mine ? await all() : []) {
          if (one.state === "refused") continue;
          const { state } = detail[one.id] = await send(one);
          others?.postMessage(detail);
          const there = state === "sent" || state === "already";
          if (there) taken[one.id] = detail[one.id];
          await (there ? drop(one.id) : write({ ...one, state }));
        }
      }, !patiently);
    } finally {
      tell(detail);
    }
    return (await all()).filter((one) => one.state !== "refused").length;
  }

  const clear = () => alone(() => on("answers", (answers) => answers.clear()));

  return { all, put, post, drop, flush, clear };
})();
