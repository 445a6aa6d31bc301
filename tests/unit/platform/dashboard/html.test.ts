import assert from "node:assert/strict";
import fc from "fast-check";
import { html, linkTarget } from "../../../../platform/dashboard/html.ts";

describe("Markup", () => {
  it("takes markup as it is, text escaped, lists one after the other, and nothing for nothing", () => {
    const items = ["<a>", "b"].map((text) => html`<li>${text}</li>`);
    assert.equal(String(html`${items}${false}${undefined}${0}`), "<li>&lt;a&gt;</li><li>b</li>0");
  });

  it("lets no text end where it stands, between tags or in an attribute", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("<", ">", '"', "'", "&", "a", "/", "=", " ") }), (text) => {
        const [, attribute = "", content = ""] =
          /^<a title="([^]*)">([^]*)<\/a>$/.exec(String(html`<a title="${text}">${text}</a>`)) ?? [];
        assert.doesNotMatch(attribute + content, /[<>"']/);
        const back = attribute
          .replace(/&lt;/g, "<")
          .replace(/&gt;/g, ">")
          .replace(/&quot;/g, '"')
          .replace(/&#39;/g, "'");
        assert.equal(back.replace(/&amp;/g, "&"), text);
      }),
    );
  });

  it("links to nothing but web servers", () => {
    assert.equal(linkTarget("https://git.example.com/a"), "https://git.example.com/a");
    for (const address of ["javascript:alert(1)", " https://x", "data:text/html,x", "//x", "/x", "https://", undefined])
      assert.equal(linkTarget(address), undefined, address);
  });
});
