import DefaultTheme from "vitepress/theme";
import { defineComponent, h, onMounted, ref } from "vue";

/** Draws a Mermaid diagram in the browser; without scripts, its text is there. */
const Diagram = defineComponent({
  props: { code: { type: String, required: true } },
  setup(props) {
    const text = decodeURIComponent(props.code);
    const picture = ref("");
    onMounted(async () => {
      const { default: mermaid } = await import("mermaid");
      mermaid.initialize({
        startOnLoad: false,
        theme: document.documentElement.classList.contains("dark") ? "dark" : "default",
      });
      const { svg } = await mermaid.render(`diagram-${Math.random().toString(36).slice(2)}`, text);
      picture.value = svg;
    });
    return () => (picture.value === "" ? h("pre", text) : h("div", { innerHTML: picture.value }));
  },
});

// oxlint-disable-next-line import/no-default-export -- VitePress looks for it by that name
export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => app.component("Diagram", Diagram),
};
