// @ts-check
import tseslint from "typescript-eslint";

export default tseslint.config(
  // examples/guestbook has packages and checks of its own: npm run check there.
  { ignores: ["node_modules", "coverage", ".terrarium", "**/*.cjs", "eslint.config.js", "examples/guestbook"] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      eqeqeq: "error",
      "no-console": "off",
    },
  },
  {
    // The program's core reads nothing of its surroundings: configuration arrives as arguments.
    files: ["spec/**/*.ts", "components/**/*.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "process", property: "env", message: "Read the environment in index.ts or cli/ and pass it in." },
      ],
      "no-console": "error",
    },
  },
  {
    // Runs in browsers, as it is.
    files: ["platform/dashboard/assets/*.js"],
    ...tseslint.configs.disableTypeChecked,
  },
  {
    // mocha's describe/it callbacks and node:assert's async matchers are handled by mocha itself.
    files: ["tests/**/*.ts"],
    rules: {
      "@typescript-eslint/no-floating-promises": [
        "error",
        { allowForKnownSafeCalls: [{ from: "package", package: "mocha", name: ["it", "describe"] }] },
      ],
    },
  },
);
