"""The script that reads a page. It runs in a world of its own, where nothing that the page redefines is seen.

Names of elements and forms hide the members of `document` and of forms even there: `<img name=querySelector>`. So
all members are taken from the prototypes.
"""

LONGEST_HTML = 16_000_000  # characters of a page that are kept

_TOOLS = """
const root = Document.prototype.querySelector.call(document, ":root");
const all = (base, css) =>
  [...(base === document ? Document : Element).prototype.querySelectorAll.call(base, css)];
const closest = (el, css) => Element.prototype.closest.call(el, css);
const attribute = (el, name) => Element.prototype.getAttribute.call(el, name);
const string = (value) => typeof value === "string" ? value.toWellFormed().slice(0, 200000) : "";
"""

LOOK = f"""(reading) => {{ {_TOOLS}
  const found = (css) => {{ try {{ return all(document, css).length; }} catch {{ return 0; }} }};
  return [found(reading.posts), found("*"), root ? root.scrollHeight : 0, location.href,
          found(reading.until) > 0 || (reading.nothing !== null && found(reading.nothing) > 0)];
}}"""
"""What changes when a page changes; and, last, whether that is there which is waited for."""

STEP = f"""(reading) => {{ {_TOOLS}
  if (reading.by === "click") {{
    const button = all(document, reading.way_on).find((el) => el.checkVisibility());
    if (button) {{ button.scrollIntoView({{block: "center"}}); HTMLElement.prototype.click.call(button); }}
    return;
  }}
  const last = all(document, reading.posts).pop();
  if (last) last.scrollIntoView({{block: "end"}});
  window.scrollTo(0, root.scrollHeight);
}}"""

READ = f"""(reading) => {{ {_TOOLS}
  let where = "posts";
  const address = (text) => {{
    try {{
      const url = new URL(text.trim(), root.baseURI);
      return text.trim() && /^https?:$/.test(url.protocol) ? string(url.href) : "";
    }} catch {{ return ""; }}
  }};
  const text = (el) => string(el.textContent).replace(/\\s+/g, " ").trim();
  const html = (el) => {{
    const copy = el.cloneNode(true);
    for (const silent of all(copy, "script, style, template, noscript")) Element.prototype.remove.call(silent);
    for (const link of all(copy, "a[href]")) {{
      const aim = address(attribute(link, "href"));
      if (aim) Element.prototype.setAttribute.call(link, "href", aim);
    }}
    return string(copy.innerHTML).trim();
  }};
  const places = (post, css) => !css ? [post]
    : [post, ...all(post, css)].filter((el) => Element.prototype.matches.call(el, css))
        // What stands within a post within the post is that one's.
        .filter((el) => el === post || closest(el, reading.posts) === post
                        || (closest(el, reading.posts) === el && closest(el.parentElement, reading.posts) === post));
  const medium = (el, name) => {{
    const tag = el.localName;
    const source = () => all(el, "source[src]").map((one) => attribute(one, "src"))[0] || "";
    const given = name ? [attribute(el, name)] : [el.currentSrc, attribute(el, "src"), attribute(el, "data-src"),
                                                  attribute(el, "href"), attribute(el, "content"), source()];
    const url = given.map((one) => address(string(one))).find((one) => one) || "";
    const number = (name) => /^\\d{{1,6}}$/.test(attribute(el, name) || "") ? Number(attribute(el, name)) : 0;
    const type = {{img: "image", picture: "image", meta: "image", video: "video", audio: "audio"}}[tag] || "link";
    const whole = {{type, url, preview_url: address(string(attribute(el, "poster"))), alt: string(attribute(el, "alt")),
                    width: number("width"), height: number("height")}};
    return Object.fromEntries(Object.entries(whole).filter(([, value]) => value));
  }};
  const value = (el, name, lookup) => {{
    if (reading.addresses.includes(name)) return address(string(attribute(el, lookup.attribute || "href")));
    if (lookup.attribute) return string(attribute(el, lookup.attribute)).trim();
    return lookup.html ? html(el) : text(el);
  }};
  const sighting = (post) => {{
    const fields = {{}};
    for (const [name, lookups] of Object.entries(reading.fields)) {{
      where = "fields." + name;
      const most = reading.many.includes(name) ? 100 : 1;
      fields[name] = lookups.map((lookup) => places(post, lookup.selector).slice(0, most)
                                   .map((el) => value(el, name, lookup)).filter((one) => one));
    }}
    where = "fields.media";
    const media = reading.media.map((lookup) => places(post, lookup.selector).slice(0, 100)
                                      .map((el) => medium(el, lookup.attribute)).filter((one) => one.url));
    const spoken = closest(post, "[lang]");
    return {{fields, media, language: spoken ? string(attribute(spoken, "lang")) || null : null}};
  }};
  try {{
    const posts = all(document, reading.posts).slice(0, 5000).filter(
      // What holds posts and has no time of its own is the list of them.
      (post) => all(post, reading.posts).length === 0
                || reading.fields.time.some((lookup) => places(post, lookup.selector).length > 0));
    const view = {{posts: posts.map(sighting), address: location.href}};
    where = "go_on";
    const ways = reading.way_on ? all(document, reading.way_on) : [];
    const aims = reading.by === "next" ? ways.map((el) => address(attribute(el, "href") || "")) : [];
    view.next = aims.find((aim) => aim) || null;
    view.more = reading.by === "click" && ways.some((el) => el.checkVisibility() && !el.disabled);
    where = "nothing";
    view.nothing = reading.nothing !== null && all(document, reading.nothing).length > 0;
    const whole = root.outerHTML;
    view.html = whole.length <= {LONGEST_HTML} ? whole.toWellFormed() : null;
    return {{view}};
  }} catch (error) {{
    if (error instanceof DOMException && error.name === "SyntaxError") return {{fault: "selector", detail: where}};
    throw error;
  }}
}}"""
"""A `Reply` with the view of the page, or with the rule's field whose selector is none."""
