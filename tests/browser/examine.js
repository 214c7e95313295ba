// Looks at a page as it stands and returns what is wrong with it, one line each.
({ least, hidden }) => {
  const wrong = [];
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const squeeze = (text) => text.replace(/\s+/g, " ").trim();
  const name = (element) => element.outerHTML.slice(0, 120).replace(/\s+/g, " ");

  const headings = all("h1");
  if (headings.length !== 1) wrong.push(`${headings.length} h1`);
  else {
    const heading = headings[0].cloneNode(true);
    all(".badge", heading).forEach((badge) => badge.remove());
    const words = squeeze(heading.textContent);
    // A title stands in histories and window lists: it says neither what the treatment is nor who has it.
    const open = (text) => hidden.some((word) => text.toLowerCase().includes(word.toLowerCase()));
    if (open(document.title)) wrong.push(`title "${document.title}" says too much`);
    if (!open(words) && !document.title.includes(words)) wrong.push(`title "${document.title}" lacks "${words}"`);
  }
  if (!document.documentElement.lang) wrong.push("no language");
  if (!all("header a").some((link) => link.getAttribute("href") === "/help")) wrong.push("no way to help");

  const ids = all("[id]").map((element) => element.id);
  const twice = ids.filter((id, place) => ids.indexOf(id) !== place);
  if (twice.length) wrong.push(`ids used twice: ${twice}`);
  for (const element of all("script:not([src]), style, [style]:not([style=''])")) wrong.push(`inline: ${name(element)}`);
  for (const element of all("*"))
    for (const attribute of element.attributes)
      if (attribute.name.startsWith("on")) wrong.push(`inline: ${name(element)}`);

  const targets = all("a[href], button, select, textarea, summary, input:not([type=hidden])")
    .filter((target) => target.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }))
    .map((target) => ({ target, box: target.getBoundingClientRect() }))
    .filter(({ box }) => box.bottom > 0);
  for (const { target, box } of targets)
    if (box.width < least || box.height < least)
      wrong.push(`${Math.round(box.width)} x ${Math.round(box.height)} px: ${name(target)}`);
  targets.forEach((one, place) => targets.slice(place + 1).forEach((two) => {
    if (one.target.contains(two.target)) return;
    const wide = Math.min(one.box.right, two.box.right) - Math.max(one.box.left, two.box.left);
    const high = Math.min(one.box.bottom, two.box.bottom) - Math.max(one.box.top, two.box.top);
    if (wide > 1 && high > 1) wrong.push(`overlapping by ${Math.round(high)} px: ${name(one.target)} and ${name(two.target)}`);
  }));
  return wrong;
}
