// @ts-check
// The project's own rules, on types from the packages that are installed here.
import root from "../../eslint.config.js";

const [, ...rules] = root;

export default [
  { ignores: ["node_modules", "eslint.config.js", "main.js"] },
  ...rules,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  {
    // node:test collects what describe and it return.
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", package: "node:test", name: ["it", "describe", "test", "suite"] },
          ],
        },
      ],
    },
  },
];
