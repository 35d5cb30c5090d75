// Keeps a copy of the page, so that it opens without a network after a first visit. A newer page
// on the server comes first.
const NAME = "cnncalc-playground";

oninstall = (event) => event.waitUntil(keep());

async function keep() {
  const { offline } = await (await fetch("files.json")).json();
  await (await caches.open(NAME)).addAll(["./", "files.json", ...offline]);
  await skipWaiting();
}

onactivate = (event) => event.waitUntil(clients.claim());

onfetch = (event) => {
  if (event.request.method === "GET") event.respondWith(answer(event.request));
};

async function answer(request) {
  const kept = await caches.open(NAME);
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await kept.put(request, fresh.clone());
    return fresh;
  } catch (error) {
    const old = await kept.match(request, { ignoreSearch: true });
    if (old) return old;
    throw error;
  }
}
